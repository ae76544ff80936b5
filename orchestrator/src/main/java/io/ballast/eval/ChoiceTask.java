package io.ballast.eval;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.InvalidInputException;
import io.ballast.PluginException;
import io.ballast.data.Row;
import io.ballast.data.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** An entry whose questions a {@link Task} in Java makes, scored as lm-eval scores multiple choice. */
final class ChoiceTask implements EvaluationTask {
    private static final List<TaskFacts.FileMetric> METRICS = List.of(
            new TaskFacts.FileMetric("acc", Metric.NO_FILTER, "mean", true),
            new TaskFacts.FileMetric("acc_norm", Metric.NO_FILTER, "mean", true));
    private static final Gson GSON = new Gson();

    private final String name;
    private final Role role;
    private final Task task;
    private final TaskRows rows;
    private final TaskFacts facts;

    /**
     * @param name what the scores are called
     * @param role what they stand for
     * @param task makes the questions
     * @param rows what is asked about
     */
    ChoiceTask(String name, Role role, Task task, TaskRows rows) {
        this.name = name;
        this.role = role;
        this.task = task;
        this.rows = rows;
        this.facts = new TaskFacts(task.name(), "multiple_choice", new JsonPrimitive(task.version()), 0, null, null,
                false, METRICS, List.of(), null, false, new JsonObject());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Role role() {
        return role;
    }

    @Override
    public TaskData data() {
        return rows.data();
    }

    @Override
    public int shots() {
        return 0;
    }

    @Override
    public List<Metric> metrics() {
        return METRICS.stream().map(TaskFacts.FileMetric::toMetric).toList();
    }

    @Override
    public JsonPrimitive version() {
        return facts.version();
    }

    @Override
    public Map<String, Object> describe() {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("task", task.name());
        config.put("output_type", facts.outputType());
        config.put("class", task.getClass().getName());
        config.put("columns", rows.columns());
        return config;
    }

    @Override
    public List<String> warnings() {
        return List.of();
    }

    @Override
    public Map<Path, String> fileStates() {
        return rows.state();
    }

    @Override
    public void check() {
        if (rows.areHere()) {
            questions();
        }
    }

    @Override
    public Items items(Tokenizer tokenizer, int maxLength) {
        QuestionEncoder encoder = new QuestionEncoder(facts, tokenizer, maxLength);
        List<Question> all = questions();
        Integer limit = rows.data().limit();
        List<Item> items = IntStream.range(0, limit == null ? all.size() : Math.min(limit, all.size()))
                .mapToObj(i -> encoder.item(i, all.get(i))).toList();
        return new Items(items, all.size());
    }

    @Override
    public List<ItemResult> results(List<Item> items, List<Answer> answers) {
        return new LikelihoodMetrics(facts, metrics()).results(items, answers);
    }

    private List<Question> questions() {
        List<Question> questions = new ArrayList<>();
        for (Row row : rows.asked()) {
            ask(row).ifPresent(choice -> questions.add(question(row, choice)));
        }
        if (questions.isEmpty()) {
            throw new InvalidInputException("evaluation '" + name + "': expected questions of the task " + task.name()
                    + ", found none in " + rows.data().files().get(0));
        }
        return questions;
    }

    private Optional<Task.Choice> ask(Row row) {
        try {
            return task.ask(row);
        } catch (RuntimeException failed) { // whatever code of others throws
            throw PluginException.of(row.place() + ": the task " + task.name(), task.getClass(), failed);
        }
    }

    private static Question question(Row row, Task.Choice choice) {
        String target = String.valueOf(choice.right());
        ItemHashes hashes = ItemHashes.of(PythonJson.dump(row.columns()), choice.prompt(), target);
        List<List<String>> arguments = choice.answers().stream().map(answer -> List.of(choice.prompt(), " " + answer))
                .toList();
        return new Question(GSON.toJsonTree(row.columns()).getAsJsonObject(), hashes.doc(), hashes.prompt(),
                hashes.target(), arguments, choice.answers(), List.of(choice.right()), target);
    }
}
