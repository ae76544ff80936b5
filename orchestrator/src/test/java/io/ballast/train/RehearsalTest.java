package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("one-jdk")
class RehearsalTest extends TinyRuns {
    private static List<String> names(Rehearsal.Timing timing) {
        return timing.phases().stream().map(Rehearsal.Phase::name).toList();
    }

    private static long rehearsalFolders() throws IOException {
        try (Stream<Path> left = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return left.filter(path -> path.getFileName().toString().startsWith(Rehearsal.FOLDER)).count();
        }
    }

    @Test
    void everyPartOfARunIsTimedAndNothingIsLeftBehind() throws IOException {
        long before = rehearsalFolders();
        Rehearsal.Timing timing = Rehearsal.of(new TinyExperiment(folder, "llama-tied").experiment().config(),
                ballast.bridge());
        assertEquals(List.of("general", "domain"), names(timing));
        for (Rehearsal.Phase phase : timing.phases()) {
            assertTrue(phase.seconds() > 0 && phase.peakBytes() > 100_000_000, phase.toString());
        }
        assertTrue(timing.openingSeconds() > 0 && timing.importanceSeconds() > 0 && timing.evaluationSeconds() > 0,
                timing.toString());
        assertEquals(before, rehearsalFolders());
        assertTrue(Files.notExists(folder.resolve("runs")), "no run folder was made");
    }

    @Test
    void aThousandTimesTheStepsAreForeseenToTakeAThousandTimesAsLong() throws IOException {
        TinyExperiment tiny = new TinyExperiment(folder, "llama-tied").without("general").with("retention.method", "\"none\"")
                .with("evaluation", "{}");
        double few = Rehearsal.of(tiny.with("domain.steps", "12").experiment().config(), ballast.bridge()).phases().get(0)
                .seconds();
        double many = Rehearsal.of(tiny.with("domain.steps", "12000").experiment().config(), ballast.bridge()).phases()
                .get(0).seconds();
        assertTrue(many > 20 * few, few + " and " + many + " seconds"); // Three steps on a busy machine are no clock.
    }

    @Test
    void whatIsMeasuredOnTheBaseItselfTrainsNoGeneralPhase() throws IOException {
        TinyExperiment tiny = new TinyExperiment(folder, "llama-tied").with("retention.method", "\"ewc\"")
                .with("retention.reference", "\"start\"");
        Rehearsal.Timing timing = Rehearsal.of(tiny.experiment().config(), ballast.bridge());
        assertEquals(List.of("domain"), names(timing));
        assertTrue(timing.importanceSeconds() > 0, timing.toString());
    }

    @Test
    void aDomainThatAnotherOneFollowsIsForeseenWithTheImportanceThatItMeasures() throws IOException {
        TinyExperiment tiny = new TinyExperiment(folder, "llama-tied").domains("first", "second")
                .with("importance", "{\"storage\": \"int8\"}").with("evaluation", "{}");
        Forecast forecast = Forecast.of(tiny.experiment().config(), ballast.bridge());
        Forecast.Phase general = forecast.phases().get(0);
        Forecast.Phase first = forecast.phases().get(1);
        Forecast.Phase second = forecast.phases().get(2);
        long float32 = 4 * forecast.trained();
        assertEquals(2 * float32, general.importance(), 0.01 * float32); // ω and θ⁰
        assertEquals(general.importance(), first.importance(), 0.01 * float32);
        assertEquals(0, second.importance());
        assertTrue(general.anchor() < 1000, general.toString());
        assertEquals(1.25 * float32, first.anchor(), 0.05 * float32); // Ω in 8 bits, with a scale for each row
        assertEquals(first.anchor(), second.anchor());
        assertTrue(first.seconds() > 0 && second.seconds() > 0, forecast.toString());
        // The model and two anchors stay; a phase keeps moments and ω beside its parameters.
        assertEquals(float32 + 2 * 1.25 * float32, forecast.disk().leftBytes(), 0.1 * float32);
        assertEquals(5 * float32 + float32, forecast.disk().mostBytes() - forecast.disk().leftBytes(), 0.1 * float32);
        assertTrue(forecast.disk().fits() && forecast.disk().cacheBytes() > 0, forecast.disk().toString());
    }
}
