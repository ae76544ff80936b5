package io.ballast.eval;

import com.google.gson.JsonPrimitive;
import io.ballast.data.Tokenizer;
import io.ballast.eval.Item.Argument;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Two equally long choices, of which the second is right; what the model says about each item is given. */
public record KnownTask(String name, Role role) implements EvaluationTask {
    private static final List<Metric> METRICS = List.of(Metric.ACC, new Metric("acc_norm", Aggregation.MEAN, true));

    /**
     * @param right whether the model is right about each item
     * @return its results
     */
    public TaskResult answered(List<Boolean> right) {
        return new TaskResult(this, IntStream.range(0, right.size()).mapToObj(i -> {
            Item item = new Item(i, Map.of("goal", "g" + i), new ItemHashes("doc " + i, "prompt " + i, "target " + i),
                    List.of(new Argument("g" + i, " ab"), new Argument("g" + i, " cd")), List.of("ab", "cd"),
                    List.of(1), "1", List.of(), null, 0);
            Contribution contribution = Contribution.of(right.get(i));
            return new ItemResult(item, new Answer(List.of(new Likelihood(-2, false, 2),
                    new Likelihood(right.get(i) ? -1 : -3, false, 2)), null), Map.of(),
                    Map.of("acc", contribution, "acc_norm", contribution), Map.of());
        }).toList(), right.size());
    }

    @Override
    public TaskData data() {
        return new TaskData(Path.of("x.jsonl"), null, null);
    }

    @Override
    public int shots() {
        return 0;
    }

    @Override
    public List<Metric> metrics() {
        return METRICS;
    }

    @Override
    public JsonPrimitive version() {
        return new JsonPrimitive("Yaml");
    }

    @Override
    public Map<String, Object> describe() {
        return Map.of();
    }

    @Override
    public List<String> warnings() {
        return List.of();
    }

    @Override
    public Map<Path, String> fileStates() {
        return Map.of();
    }

    @Override
    public void check() {
        throw new UnsupportedOperationException("its answers are given");
    }

    @Override
    public Items items(Tokenizer tokenizer, int maxLength) {
        throw new UnsupportedOperationException("its answers are given");
    }

    @Override
    public List<ItemResult> results(List<Item> items, List<Answer> answers) {
        throw new UnsupportedOperationException("its answers are given");
    }
}
