package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.ballast.compare.ChangeVerdict;
import io.ballast.config.ExperimentReader;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SuggestionsTest {
    private static final String LEARNED = "[0.2, 0.9]";
    private static final String LEARNED_LITTLE = "[0.2, 0.21]";

    @Test
    void losingMuchUnderPlainFineTuningAsksForTheMethod() {
        assertEquals(List.of("ballast run experiment.json --set retention.method=hierarchical"), commands("plain"));
    }

    @Test
    void losingMuchUnderAMethodAsksForThreeTimesLambda() {
        assertEquals("ballast run experiment.json --set retention.lambda=90", commands("held-back").get(0));
    }

    @Test
    void losingMuchWithoutGeneralTextAsksForL2() {
        assertEquals(List.of("retention.method=l2"), settings(run("none", 0, LEARNED, "[0.9, 0.5]", false)));
    }

    @Test
    void learningLittleAndLosingNothingAsksForAThirdOfLambda() {
        assertEquals("retention.lambda=10",
                settings(run("hierarchical", 30, LEARNED_LITTLE, "[0.9, 0.9]", true)).get(0));
    }

    @Test
    void learningLittleByPlainFineTuningAsksForTwiceTheSteps() {
        assertEquals(List.of("domain.steps=240"), settings(run("none", 0, LEARNED_LITTLE, "[0.9, 0.9]", true)));
    }

    @Test
    void losingMuchAndLearningLittleAsksForHalfTheLearningRate() {
        assertEquals("domain.learningRate=0.00025",
                settings(run("hierarchical", 30, LEARNED_LITTLE, "[0.9, 0.5]", true)).get(0));
    }

    @Test
    void learningAndLosingNothingAsksForNoMoreThanAnotherSeed() {
        assertEquals(List.of("seed=8", "retention.method=none"),
                settings(run("hierarchical", 30, LEARNED, "[0.9, 0.9]", true)));
    }

    @Test
    void aSmallLossLeavesTheChoiceToThePerson() {
        List<Suggestion> found = Suggestions.of(run("hierarchical", 30, LEARNED, "[0.90, 0.87]", true));
        assertEquals("Raise λ, if this loss matters", found.get(0).title());
        assertEquals(List.of("retention.lambda=90"), found.get(0).settings());
    }

    @Test
    void lambdaThatNobodyWroteDownIsNotGuessed() {
        Suggestion raise = Suggestions.of(run("hierarchical", 0, LEARNED, "[0.9, 0.5]", true)).get(0);
        assertEquals("Raise λ", raise.title());
        assertEquals("", raise.commandLine("experiment.json"));
    }

    @Test
    void aFailureByDivergenceAsksForAThirdOfTheLearningRate() {
        assertEquals(List.of("ballast run experiment.json --set domain.learningRate=0.17"), commands("failed"));
    }

    @Test
    void aFailureByMemoryAsksForTheSameStepInHalfTheRows() {
        assertEquals(List.of("domain.batchSize=4", "domain.gradientAccumulation=4"), settings(evidence(
                "{'status': 'failed', 'message': 'out of memory on cuda:0'}",
                "{'domain': {'batchSize': 8, 'gradientAccumulation': 2}}")));
    }

    @Test
    void aStoppedRunIsRunAgain() {
        assertEquals(List.of("ballast run experiment.json"), commands("stopped"));
    }

    @Test
    void papersCoefficientsOnOneLayerAskForScaledOnes() {
        assertEquals("ballast run experiment.json --set retention.layerCoefficients=scaled",
                commands("importance-only").get(1));
    }

    @Test
    void whatWasNotMeasuredIsToBeMeasured() {
        assertEquals("Measure what must be kept", Suggestions.of(FixtureRuns.evidence("only-domain")).get(0).title());
        assertEquals("Measure what must be kept", Suggestions.of(FixtureRuns.evidence("unevaluated")).get(0).title());
    }

    @ParameterizedTest
    @ValueSource(strings = {"held-back", "plain", "importance-only", "only-domain", "unevaluated", "stopped", "failed"})
    void everySuggestedSettingIsOneThatAnExperimentHas(String run) {
        RunFiles files = FixtureRuns.read(run);
        for (Suggestion suggestion : Suggestions.of(Evidence.of(files))) {
            Path experiment = files.folder().resolve("experiment.json");
            assertDoesNotThrow(() -> ExperimentReader.read(experiment, suggestion.settings()));
        }
    }

    @Test
    void anIntervalTooWideAsksForFourTimesTheItems() {
        assertEquals(List.of("evaluation.general.1.limit=400"), settings(evidence("""
                {'forgetting': [{'task': 'sciq', 'metric': 'acc', 'before': 0.5, 'after': 0.49,
                                 'higherIsBetter': true, 'ci95': [-0.08, 0.06], 'verdict': 'no change beyond noise'}]}""", """
                {'domain': {}, 'evaluation': {'general': [{'perplexity': 'a'}, {'task': 'sciq', 'limit': 100}]}}""")));
    }

    @Test
    void noRunGetsMoreThanThreeAndEveryRunGetsOne() {
        for (String run : FixtureRuns.ALL) {
            int count = Suggestions.of(FixtureRuns.evidence(run)).size();
            assertTrue(count >= 1 && count <= 3, run + ": " + count);
        }
    }

    private static List<String> commands(String run) {
        return Suggestions.of(FixtureRuns.evidence(run)).stream()
                .map(each -> each.commandLine("experiment.json")).toList();
    }

    private static List<String> settings(Evidence evidence) {
        return Suggestions.of(evidence).stream().flatMap(each -> each.settings().stream()).toList();
    }

    /** A completed run: accuracies before and after on the domain and in general, intervals of ± 1 point. */
    private static Evidence run(String method, double lambda, String domain, String general, boolean generalPhase) {
        double[] learned = Fields.of(JsonParser.parseString("{'v': " + domain + "}")).numbers("v");
        double[] kept = Fields.of(JsonParser.parseString("{'v': " + general + "}")).numbers("v");
        double change = kept[1] - kept[0];
        String scores = score("base", "domain", learned[0]) + "," + score("domain", "domain", learned[1]) + ","
                + score("domain", "general", kept[1]);
        String forgetting = "{'task': 't', 'metric': 'acc', 'before': %s, 'after': %s, 'higherIsBetter': true,"
                .formatted(kept[0], kept[1]) + "'ci95': [%s, %s], 'verdict': '%s'}".formatted(change - .01, change + .01,
                Math.abs(change) <= .01 ? ChangeVerdict.NOISE : change > 0 ? ChangeVerdict.BETTER : ChangeVerdict.WORSE);
        return evidence("{'status': 'completed', 'scores': [%s], 'forgetting': [%s]}".formatted(scores, forgetting),
                "{'seed': 7, %s 'domain': {'steps': 120, 'learningRate': 5e-4}, 'retention': {'method': '%s', 'lambda': %s}}"
                        .formatted(generalPhase ? "'general': {'steps': 80}," : "", method, lambda));
    }

    private static String score(String stage, String role, double value) {
        return "{'stage': '%s', 'task': 't', 'role': '%s', 'metric': 'acc', 'value': %s, 'stderr': .01,"
                .formatted(stage, role, value) + "'higherIsBetter': true}";
    }

    private static Evidence evidence(String result, String experiment) {
        return Evidence.of(new RunFiles(Path.of("run"), Fields.of(JsonParser.parseString(result)),
                Fields.of(JsonParser.parseString(experiment)), List.of(), List.of()));
    }
}
