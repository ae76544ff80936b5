package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.data.Example;
import io.ballast.data.ExampleEncoder;
import io.ballast.data.Row;
import io.ballast.data.Template;
import io.ballast.data.Tokenizer;
import io.ballast.eval.Item.Argument;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The perplexity of a data file: exp(nats / tokens scored). Rows are encoded as in training. A text is
 * scored as a whole, in {@link RollingWindows} where it is longer than the model reads; a completion is
 * scored alone, given its prompt, and loses its end where training would cut it.
 *
 * @param name      what the scores are called
 * @param role      what they stand for
 * @param data      where the rows come from
 * @param prompt    template of what is given, or null for whole texts
 * @param scored    template of what is scored: a completion or a whole text
 * @param endOfText whether a whole text ends with EOS, as in training
 */
public record PerplexityTask(String name, Role role, TaskData data, String prompt, String scored, boolean endOfText)
        implements EvaluationTask {

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.TOKEN_PERPLEXITY);
    }

    @Override
    public String version() {
        return "1.0";
    }

    @Override
    public Map<String, Object> describe() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("task", name);
        config.put("output_type", prompt == null ? "loglikelihood_rolling" : "loglikelihood");
        config.put("doc_to_text", prompt == null ? "" : prompt);
        config.put("doc_to_target", scored);
        config.put("end_of_text", prompt != null || endOfText);
        return config;
    }

    @Override
    public Items items(Tokenizer tokenizer, int maxLength) {
        Template given = prompt == null ? null : Template.parse(prompt);
        Template text = Template.parse(scored);
        ExampleEncoder whole = new ExampleEncoder(tokenizer, Integer.MAX_VALUE);
        ExampleEncoder limited = new ExampleEncoder(tokenizer, maxLength);
        Items items = data.items((row, id) -> given == null
                ? text(row, id, text.render(row), whole, maxLength)
                : completion(row, id, new Argument(given.render(row), text.render(row)), limited));
        if (items.all().stream().allMatch(item -> item.rows().isEmpty())) {
            throw new InvalidInputException("evaluation '" + name + "': expected texts, found nothing to score in "
                    + data.file());
        }
        return items;
    }

    private Item text(Row row, int id, String text, ExampleEncoder encoder, int maxLength) {
        List<Example> windows = RollingWindows.of(encoder.text(text, endOfText), maxLength);
        return new Item(id, row.columns(), List.of(new Argument(null, text)), List.of(), text, windows, 0);
    }

    private static Item completion(Row row, int id, Argument argument, ExampleEncoder encoder) {
        try {
            Example example = encoder.completion(argument.context(), argument.continuation());
            return new Item(id, row.columns(), List.of(argument), List.of(), argument.continuation(),
                    List.of(example), example.droppedTokens());
        } catch (InvalidInputException unusable) {
            throw row.invalid(unusable);
        }
    }

    @Override
    public ItemResult result(Item item, List<Likelihood> rows) {
        Likelihood sum = rows.stream().reduce(new Likelihood(0, true, 0), Likelihood::plus);
        return new ItemResult(item, List.of(sum),
                Map.of(Metric.TOKEN_PERPLEXITY.key(), new Contribution(-sum.logProbability(), sum.tokens())));
    }
}
