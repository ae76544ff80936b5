package io.ballast.eval;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import io.ballast.data.Example;
import io.ballast.data.Tokenizer;
import io.ballast.eval.Item.Argument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes items of questions: the texts as token rows, or as a prompt. */
final class QuestionEncoder {
    private final TaskFacts facts;
    private final PairEncoder pairs;
    private final PromptEncoder prompts;
    private final GenerationSettings settings;

    /**
     * @param facts     of the task
     * @param tokenizer of the model
     * @param maxLength tokens that the model reads at once
     * @throws io.ballast.InvalidInputException when the task's generation_kwargs cannot be used
     */
    QuestionEncoder(TaskFacts facts, Tokenizer tokenizer, int maxLength) {
        this.facts = facts;
        this.pairs = new PairEncoder(tokenizer, maxLength);
        this.prompts = new PromptEncoder(tokenizer, maxLength);
        this.settings = facts.isGenerated() ? GenerationSettings.of(facts.task(),
                new Gson().fromJson(facts.generation(), new TypeToken<Map<String, Object>>() { }.getType())) : null;
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
        if (facts.isGenerated()) {
            PromptEncoder.Prompt prompt = prompts.encode(arguments.get(0).context(), settings.maxTokens(), place);
            return item(id, question, arguments, List.of(), new Item.Generation(
                    new GenerationRequest(prompt.ids(), settings, id), facts.generation()), prompt.cut());
        }
        if (facts.isRolling()) {
            return item(id, question, arguments, pairs.windows(arguments.get(0).continuation(), place), null, 0);
        }
        List<Example> rows = new ArrayList<>();
        int cut = 0;
        for (Argument argument : arguments) {
            PairEncoder.Pair pair = pairs.encode(argument.context(), argument.continuation());
            Example row = pairs.row(pair, place);
            cut += pair.length() - row.ids().length;
            rows.add(row);
        }
        return item(id, question, arguments, rows, null, cut);
    }

    private static Item item(int id, Question question, List<Argument> arguments, List<Example> rows,
            Item.Generation generation, int cut) {
        return new Item(id, question.doc(), question.hashes(), arguments, question.choices(), question.gold(),
                question.target(), rows, generation, cut);
    }
}
