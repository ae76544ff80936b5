package io.ballast.eval;

import io.ballast.data.Example;
import io.ballast.eval.Item.Argument;
import java.util.ArrayList;
import java.util.List;

/** Makes items of questions: the texts as token rows. */
final class QuestionEncoder {
    private final TaskFacts facts;
    private final PairEncoder encoder;

    QuestionEncoder(TaskFacts facts, PairEncoder encoder) {
        this.facts = facts;
        this.encoder = encoder;
    }

    /**
     * @param id       index of the document
     * @param question about it
     * @return the item
     * @throws io.ballast.InvalidInputException where there is nothing to read or nothing to score
     */
    Item item(int id, Question question) {
        List<Argument> arguments = question.arguments().stream()
                .map(texts -> facts.isRolling() ? new Argument(null, texts.get(0)) : Argument.of(texts)).toList();
        String place = "task " + facts.task() + ", row " + id;
        List<Example> rows = new ArrayList<>();
        int cut = 0;
        if (facts.isRolling()) {
            rows.addAll(encoder.windows(arguments.get(0).continuation(), place));
        } else if (!facts.isGenerated()) {
            for (Argument argument : arguments) {
                PairEncoder.Pair pair = encoder.encode(argument.context(), argument.continuation());
                Example row = encoder.row(pair, place);
                cut += pair.length() - row.ids().length;
                rows.add(row);
            }
        }
        return new Item(id, question.doc(), question.hashes(), arguments, question.choices(), question.gold(),
                question.target(), rows, cut);
    }
}
