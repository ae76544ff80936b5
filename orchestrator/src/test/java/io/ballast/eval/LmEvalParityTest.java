package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.data.Tokenizer;
import io.ballast.eval.LmEvalReference.Answer;
import io.ballast.eval.LmEvalReference.Outcome;
import io.ballast.eval.LmEvalReference.Requests;
import io.ballast.eval.LmEvalReference.Scored;
import io.ballast.python.Bridge;
import io.ballast.python.PythonEnvironment;
import io.ballast.train.BridgeScorer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Item by item what lm-eval says: requests as text and as token ids; metrics of the same
 * log-likelihoods, drawn with many ties; and, on fewer items, log-likelihoods of the model itself.
 */
@Tag("one-jdk")
class LmEvalParityTest {
    /** Rows of each file that the model itself scores: lm-eval takes about half a second for each. */
    private static final int SCORED = 3;

    @TempDir
    static Path scratch;
    private static Map<String, Answer> reference;
    private static Tokenizer tokenizer;

    @BeforeAll
    static void runLmEval() throws IOException, InterruptedException {
        reference = LmEvalReference.run(scratch, SCORED);
        tokenizer = Tokenizer.open(LmEvalReference.model());
    }

    @AfterAll
    static void close() {
        if (tokenizer != null) {
            tokenizer.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sciq", "piqa", "medmcqa", "hellaswag", "arc_easy", "lambada_openai"})
    void requestsAreLmEvalsToTheToken(String name) {
        List<Item> items = LmEvalReference.task(name, LmEvalReference.ITEMS)
                .items(tokenizer, LmEvalReference.MAX_LENGTH).all();
        List<Requests> expected = reference.get(name).items();
        assertEquals(LmEvalReference.ITEMS, items.size());
        assertEquals(expected.size(), items.size());
        PairEncoder encoder = new PairEncoder(tokenizer, LmEvalReference.MAX_LENGTH);
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            Requests requests = expected.get(i);
            assertEquals(requests.choices(), item.choices());
            assertEquals(requests.target(), item.target().toString());
            assertEquals(requests.continuations().size(), item.arguments().size());
            for (int j = 0; j < item.arguments().size(); j++) {
                Item.Argument argument = item.arguments().get(j);
                assertEquals(requests.context(), argument.context());
                assertEquals(requests.continuations().get(j), argument.continuation());
                PairEncoder.Pair pair = encoder.encode(argument.context(), argument.continuation());
                assertArrayEquals(requests.contextIds().get(j), pair.context());
                assertArrayEquals(requests.continuationIds().get(j), pair.continuation());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sciq", "piqa", "medmcqa", "hellaswag", "arc_easy", "lambada_openai"})
    void metricsOfTheSameLogLikelihoodsAreLmEvals(String name) {
        LikelihoodTask task = LmEvalReference.task(name, LmEvalReference.ITEMS);
        Items items = task.items(tokenizer, LmEvalReference.MAX_LENGTH);
        Outcome answer = reference.get(name).drawn();
        List<ItemResult> results = new ArrayList<>();
        for (int i = 0; i < items.all().size(); i++) {
            Scored scored = answer.samples().get(i);
            ItemResult result = task.result(items.all().get(i), scored.likelihoods());
            Map<String, Object> sample = Sample.of(result, task.metrics());
            assertEquals(scored.docHash(), sample.get("doc_hash"), name + " " + i);
            assertEquals(scored.promptHash(), sample.get("prompt_hash"));
            assertEquals(scored.targetHash(), sample.get("target_hash"));
            assertEquals(answer.sampleKeys(), List.copyOf(sample.keySet()));
            scored.metrics().forEach((metric, value) -> assertEquals(value, sample.get(metric), name + metric));
            results.add(result);
        }
        assertEquals(answer.version(), task.version());
        for (Score score : new TaskResult(task, results, items.available()).scores("base")) {
            assertEquals(answer.higherIsBetter().get(score.metric()), score.higherIsBetter());
            double value = (double) answer.results().get(score.metric() + ",none");
            assertEquals(value, score.value(), 1e-12 * Math.abs(value));
            if (!score.metric().equals("perplexity")) {
                // A perplexity's is bootstrapped there and the delta method's here.
                assertEquals((double) answer.results().get(score.metric() + "_stderr,none"), score.stderr(), 1e-15);
            }
        }
    }

    @Test
    void logLikelihoodsAreLmEvals() {
        List<EvaluationTask> tasks = new ArrayList<>();
        LmEvalReference.FILES.keySet().forEach(name -> tasks.add(LmEvalReference.task(name, SCORED)));
        Evaluation evaluation;
        try (Bridge bridge = Bridge.open(PythonEnvironment.find())) {
            long model = bridge.openModel(LmEvalReference.model(), "float32", "cpu", false, 1);
            evaluation = new Evaluator(tokenizer, new BridgeScorer(bridge, model), 16, LmEvalReference.MAX_LENGTH)
                    .evaluate(tasks, (done, total) -> { }, () -> false);
        }
        assertTrue(evaluation.results().stream().anyMatch(result -> result.cutItems() > 0), "no context was cut");
        for (TaskResult result : evaluation.results()) {
            List<Scored> expected = reference.get(result.task().name()).scored().samples();
            assertEquals(SCORED, expected.size());
            for (int i = 0; i < SCORED; i++) {
                assertSame(expected.get(i), result.items().get(i), result.task().name() + " " + i);
            }
        }
    }

    private static void assertSame(Scored expected, ItemResult found, String where) {
        assertEquals(expected.logLikelihoods().length, found.likelihoods().size());
        for (int i = 0; i < found.likelihoods().size(); i++) {
            assertEquals(expected.logLikelihoods()[i], found.likelihoods().get(i).logProbability(), 1e-4, where);
            assertEquals(expected.greedy()[i], found.likelihoods().get(i).greedy(), where);
        }
        expected.metrics().forEach((metric, value) -> assertEquals(value,
                (double) Sample.of(found, List.of(Metric.values()).stream()
                        .filter(each -> each.key().equals(metric)).toList()).get(metric), 1e-4, where));
    }
}
