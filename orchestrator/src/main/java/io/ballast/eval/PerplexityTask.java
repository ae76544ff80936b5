package io.ballast.eval;

import com.google.gson.JsonPrimitive;
import io.ballast.InvalidInputException;
import io.ballast.data.Example;
import io.ballast.data.ExampleEncoder;
import io.ballast.data.Row;
import io.ballast.data.Template;
import io.ballast.data.Tokenizer;
import io.ballast.eval.Item.Argument;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

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
    public int shots() {
        return 0;
    }

    @Override
    public JsonPrimitive version() {
        return new JsonPrimitive(1.0);
    }

    @Override
    public List<String> warnings() {
        return List.of();
    }

    @Override
    public Map<Path, String> fileStates() {
        return data.state();
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
    public void check() {
        if (data.isHere()) {
            List<Template> templates = Stream.of(prompt == null ? "" : prompt, scored).map(Template::parse).toList();
            data.rows().forEach(row -> templates.forEach(template -> template.render(row)));
        }
    }

    @Override
    public Items items(Tokenizer tokenizer, int maxLength) {
        Template given = prompt == null ? null : Template.parse(prompt);
        Template text = Template.parse(scored);
        ExampleEncoder whole = new ExampleEncoder(tokenizer, Integer.MAX_VALUE);
        ExampleEncoder limited = new ExampleEncoder(tokenizer, maxLength);
        List<Row> all = data.rows();
        List<Item> items = new ArrayList<>();
        for (Row row : all.subList(0, data.limit() == null ? all.size() : Math.min(all.size(), data.limit()))) {
            items.add(given == null ? text(row, items.size(), text.render(row), whole, maxLength)
                    : completion(row, items.size(), new Argument(given.render(row), text.render(row)), limited));
        }
        if (items.stream().allMatch(item -> item.rows().isEmpty())) {
            throw new InvalidInputException("evaluation '" + name + "': expected texts, found nothing to score in "
                    + data.files().get(0));
        }
        return new Items(items, all.size());
    }

    private Item text(Row row, int id, String text, ExampleEncoder encoder, int maxLength) {
        List<Example> windows = RollingWindows.of(encoder.text(text, endOfText), maxLength);
        return item(row, id, new Argument(null, text), windows, 0);
    }

    private static Item completion(Row row, int id, Argument argument, ExampleEncoder encoder) {
        try {
            Example example = encoder.completion(argument.context(), argument.continuation());
            return item(row, id, argument, List.of(example), example.droppedTokens());
        } catch (InvalidInputException unusable) {
            throw row.invalid(unusable);
        }
    }

    private static Item item(Row row, int id, Argument argument, List<Example> rows, int cutTokens) {
        String target = argument.continuation();
        return new Item(id, row.columns(), ItemHashes.of(PythonJson.dump(row.columns()), argument.prompt(), target),
                List.of(argument), List.of(), List.of(), target, rows, null, cutTokens);
    }

    @Override
    public List<ItemResult> results(List<Item> items, List<Answer> answers) {
        return IntStream.range(0, items.size()).mapToObj(i -> {
            Likelihood whole = answers.get(i).likelihoods().get(0);
            return new ItemResult(items.get(i), answers.get(i), Map.of(),
                    Map.of(Metric.TOKEN_PERPLEXITY.key(), new Contribution(-whole.logProbability(), whole.tokens())),
                    Map.of());
        }).toList();
    }
}
