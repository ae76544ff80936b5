package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.TinyModels;
import io.ballast.data.Tokenizer;
import io.ballast.eval.LmEvalReference.Job;
import io.ballast.python.Bridge;
import io.ballast.python.PythonEnvironment;
import io.ballast.train.BridgeGenerator;
import io.ballast.train.BridgeScorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every task that Ballast ships, run by lm-eval and by Ballast from the same file on the same rows and model, and
 * compared item by item: at no shots on the real checkpoint, where its window cuts many prompts, at 5 on a random model
 * that reads 2,048 tokens.
 */
@Tag("one-jdk")
class LmEvalParityTest {
    private static final int ITEMS = 100;
    private static final int DRAWS = 100_000;
    private static final Map<String, String> FILES = new LinkedHashMap<>();

    static {
        FILES.put("sciq", "sciq/test.jsonl");
        FILES.put("piqa", "piqa/validation.jsonl");
        FILES.put("medmcqa", "medmcqa/test.jsonl");
        FILES.put("hellaswag", "general/hellaswag.jsonl");
        FILES.put("arc_easy", "general/arc_easy.jsonl");
        FILES.put("lambada_openai", "general/lambada_openai.jsonl");
        FILES.put("perplexity", "stories/test.jsonl");
    }

    private static final Path SHARED = Path.of(System.getenv().getOrDefault("BALLAST_SHARED",
            LmEvalReference.home().resolveSibling("shared").toString()));
    @TempDir
    static Path scratch;
    private static final List<Job> JOBS = new ArrayList<>();
    private static JsonObject reference;
    private static Bridge bridge;

    static List<String> names() {
        List<String> names = new ArrayList<>(FILES.keySet());
        names.addAll(List.of("wikitext", "sciq-5", "medmcqa-5", "arc_easy-5", "sums", "whole"));
        return names;
    }

    @BeforeAll
    static void runLmEval() throws IOException, InterruptedException {
        String random = TinyModels.folder("llama-tied").toString();
        JOBS.add(job("sums", "sums", LmEvalReference.home().resolve("python-ext/ballast/tasks/files/sums/test.jsonl"),
                LmEvalReference.home().resolve("python-ext/ballast/tasks/files/sums/train.jsonl"), 5, random, 2048));
        if (Files.isDirectory(SHARED)) {
            jobsOnRealData(random);
        }
        reference = LmEvalReference.run(JOBS, scratch);
        bridge = Bridge.open(PythonEnvironment.find());
    }

    private static void jobsOnRealData(String random) throws IOException {
        String stories = SHARED.resolve("models/stories15M").toString();
        FILES.forEach((name, file) -> JOBS.add(job(name, name, SHARED.resolve("data").resolve(file), null, 0, stories,
                256)));
        JOBS.add(job("wikitext", "wikitext", pages(), null, 0, stories, 256));
        JOBS.add(wholeTask(stories));
        JOBS.add(job("medmcqa-5", "medmcqa", SHARED.resolve("data").resolve(FILES.get("medmcqa")),
                SHARED.resolve("data/medmcqa/train.jsonl"), 5, random, 2048));
        for (String name : List.of("sciq", "arc_easy")) { // examples from the rows themselves, the asked one left out
            JOBS.add(job(name + "-5", name, SHARED.resolve("data").resolve(FILES.get(name)), null, 5, random, 2048));
        }
    }

    @AfterAll
    static void close() {
        if (bridge != null) {
            bridge.close();
        }
    }

    private static Job job(String name, String task, Path data, Path pool, int shots, String model, int maxLength) {
        Path file = LmEvalReference.home().resolve("python-ext/ballast/tasks/files/" + task + ".yaml");
        return new Job(name, file.toString(), data.toString(), pool == null ? null : pool.toString(), shots, model,
                maxLength, ITEMS, DRAWS);
    }

    /** F1 and others of all items at once; without lm-eval's 100,000 draws by scikit-learn, which take minutes. */
    private static Job wholeTask(String model) throws IOException {
        Path piqa = LmEvalReference.home().resolve("python-ext/ballast/tasks/files/piqa.yaml");
        Path file = Files.writeString(LmEvalReference.folder().resolve("whole.yaml"), "include: " + piqa
                + "\ntask: whole\nmetric_list: [{metric: acc}, {metric: f1}, {metric: mcc}, {metric: brier_score}, "
                + "{metric: acc_mutual_info}]\n");
        return new Job("whole", file.toString(), SHARED.resolve("data").resolve(FILES.get("piqa")).toString(), null, 0,
                model, 256, ITEMS, 0);
    }

    /** A paragraph of Wikipedia a page; the longest are longer than a window. */
    private static Path pages() throws IOException {
        List<String> pages = Files.readAllLines(SHARED.resolve("data/general/wikitext2_test.txt")).stream()
                .filter(line -> line.length() > 300).limit(ITEMS)
                .map(line -> new Gson().toJson(Map.of("page", " = A heading = \n" + line + "\n"))).toList();
        return Files.write(LmEvalReference.folder().resolve("pages.jsonl"), pages);
    }

    private static TaskResult ours(Job job) {
        JsonObject entry = new JsonObject();
        entry.addProperty("task", job.file());
        entry.addProperty("name", job.name());
        entry.addProperty("data", job.data());
        entry.addProperty("limit", job.limit());
        entry.addProperty("shots", job.shots());
        if (job.pool() != null) {
            entry.addProperty("shotsData", job.pool());
        }
        JsonArray entries = new JsonArray();
        entries.add(entry);
        JsonObject evaluation = new JsonObject();
        evaluation.add("general", entries);
        Path folder = Path.of(job.model());
        long model = bridge.models().open(folder, "float32", "cpu", false, 1);
        try (Tokenizer tokenizer = Tokenizer.open(folder);
                EvaluationTasks tasks = SmallTasks.of(bridge, evaluation.toString())) {
            return new Evaluator(tokenizer, new BridgeScorer(bridge, model), new BridgeGenerator(bridge, model, folder),
                    job.name().equals("sums") ? 1 : 16, job.maxLength()) // a row among others is written a little otherwise
                    .evaluate(tasks, AnswerCache.none(), (done, total) -> { }, () -> false).results().get(0);
        } finally {
            bridge.release(model);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyItemIsLmEvals(String name) {
        JsonObject expected = expected(name);
        TaskResult found = ours(JOBS.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow());
        List<Metric> metrics = found.task().metrics();
        JsonArray samples = expected.getAsJsonArray("samples");
        assertEquals(ITEMS * metrics.stream().map(Metric::filter).distinct().count(), samples.size());
        assertEquals(ITEMS, found.items().size());
        for (JsonElement each : samples) {
            JsonObject sample = each.getAsJsonObject();
            int id = sample.get("doc_id").getAsInt();
            assertSame(sample, found.items().get(id), metrics, name + " " + id);
        }
        assertEquals(expected.get("version"), found.task().version());
        assertEquals(expected.get("shots").getAsInt(), found.task().shots());
        JsonObject results = expected.getAsJsonObject("results");
        for (Metric metric : metrics) {
            Estimate estimate = found.estimate(metric);
            double value = results.get(metric.name() + "," + metric.filter()).getAsDouble();
            assertEquals(value, estimate.value(), 1e-5 * value, metric.key());
            assertEquals(expected.getAsJsonObject("higherIsBetter").get(metric.name()).getAsBoolean(),
                    metric.higherIsBetter());
            JsonElement error = results.get(metric.name() + "_stderr," + metric.filter());
            if (name.equals("whole")) {
                assertEquals("N/A", error.getAsString(), "nothing was drawn for " + metric.key());
            } else if (metric.aggregation() == Aggregation.MEAN) {
                assertEquals(error.getAsDouble(), estimate.stderr(), 1e-12, metric.key());
            } else if (metric.aggregation() == Aggregation.PERPLEXITY) {
                assertEquals(error.getAsDouble(), estimate.stderr(), 1e-5 * error.getAsDouble(), metric.key());
            } else {
                assertEquals("N/A", error.getAsString(), "lm-eval has no standard error of " + metric.key());
            }
        }
    }

    private static JsonObject expected(String name) {
        assumeTrue(reference.has(name), "skipped: " + name + " needs the checkpoint and data that are not in " + SHARED);
        return reference.getAsJsonObject(name);
    }

    private static void assertSame(JsonObject expected, ItemResult found, List<Metric> all, String where) {
        String filter = expected.get("filter").getAsString();
        List<Metric> metrics = all.stream().filter(metric -> metric.filter().equals(filter)).toList();
        JsonObject sample = JsonParser.parseString(new Gson().toJson(Sample.of(found, metrics, filter)))
                .getAsJsonObject();
        for (String key : List.of("doc_hash", "prompt_hash", "target_hash", "filter")) {
            assertEquals(expected.get(key), sample.get(key), where);
        }
        assertEquals(expected.get("arguments"), new Gson().toJsonTree(arguments(found.item())), where);
        assertEquals(expected.keySet(), sample.keySet(), where);
        assertEquals(texts(expected.get("metrics")), texts(sample.get("metrics")), where);
        if (found.answer().text() == null) {
            assertSameLikelihoods(expected.getAsJsonArray("filtered_resps"), found.answer().likelihoods(), where);
        } else {
            assertEquals(expected.get("resps"), sample.get("resps"), where);
            assertEquals(expected.get("filtered_resps"), sample.get("filtered_resps"), where);
        }
        for (Metric metric : metrics) {
            if (metric.aggregation() == Aggregation.MEAN) {
                assertEquals(expected.get(metric.name()).getAsDouble(), sample.get(metric.name()).getAsDouble(), where);
            } else if (metric.aggregation() == Aggregation.WHOLE) {
                assertSameParts(expected.getAsJsonArray(metric.name()), sample.getAsJsonArray(metric.name()), where);
            } else if (metric.aggregation() != Aggregation.PERPLEXITY) {
                assertEquals(expected.getAsJsonArray(metric.name()).get(1).getAsDouble(),
                        sample.getAsJsonArray(metric.name()).get(1).getAsDouble(), where);
            }
        }
    }

    /** The right answer, and the given one or the probabilities, which lm-eval writes as numpy prints them. */
    private static void assertSameParts(JsonArray expected, JsonArray found, String where) {
        assertEquals(expected.get(0).getAsInt(), found.get(0).getAsInt(), where);
        if (found.get(1).isJsonArray()) {
            String numbers = expected.get(1).getAsString().replaceAll("[\\[\\]]", "").strip();
            double[] printed = Arrays.stream(numbers.split("\\s+")).mapToDouble(Double::parseDouble).toArray();
            for (int i = 0; i < printed.length; i++) {
                assertEquals(printed[i], found.get(1).getAsJsonArray().get(i).getAsDouble(), 1e-4, where);
            }
        } else {
            assertEquals(expected.get(1).getAsInt(), found.get(1).getAsInt(), where);
        }
    }

    private static void assertSameLikelihoods(JsonArray responses, List<Likelihood> likelihoods, String where) {
        assertEquals(responses.size(), likelihoods.size(), where);
        for (int i = 0; i < likelihoods.size(); i++) {
            JsonElement response = responses.get(i);
            double logLikelihood = (response.isJsonArray() ? response.getAsJsonArray().get(0) : response).getAsDouble();
            assertEquals(logLikelihood, likelihoods.get(i).logProbability(),
                    Math.max(1e-4, 1e-6 * -logLikelihood), where);
            if (response.isJsonArray()) {
                assertEquals(response.getAsJsonArray().get(1).getAsString(),
                        likelihoods.get(i).greedy() ? "true" : "false", where);
            }
        }
    }

    private static List<List<?>> arguments(Item item) {
        return item.arguments().stream().<List<?>>map(each -> item.generation() == null ? each.texts()
                : List.of(each.prompt(), item.generation().keywords())).toList();
    }

    private static List<String> texts(JsonElement array) {
        return array.getAsJsonArray().asList().stream().map(JsonElement::getAsString).sorted().toList();
    }

    @ParameterizedTest
    @MethodSource("names")
    void someAnswersAreRightAndSomeAreWrong(String name) {
        JsonElement accuracy = expected(name).getAsJsonObject("results").get("acc,none");
        assertTrue(accuracy == null || accuracy.getAsDouble() > 0 && accuracy.getAsDouble() < 1,
                "the comparison would see little");
    }
}
