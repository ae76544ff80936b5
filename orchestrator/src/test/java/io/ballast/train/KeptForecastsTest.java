package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ballast.config.ExperimentConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptForecastsTest {
    private static final Forecast FORECAST = new Forecast(10, 10, "cpu", 1000, 5, null, List.of(
            new Forecast.Phase("domain", 7, 4, 12, 40, 20, 80, 30, 50, 40, 2.5)), 1.0, 0.5, 3.0,
            new Forecast.Disk(120, 240, 30, 1000, 1.5, List.of()), List.of());

    @TempDir
    Path folder;

    @Test
    void aForecastIsThatOfTheVeryExperimentWhereverItsRunsGo() throws IOException {
        TinyExperiment tiny = new TinyExperiment(folder, "llama-tied").with("seed", "90210");
        ExperimentConfig config = tiny.experiment().config();
        KeptForecasts.keep(config, FORECAST);
        assertEquals(Optional.of(FORECAST), KeptForecasts.of(config));
        assertEquals(Optional.of(FORECAST), KeptForecasts.of(tiny.with("output", "\"elsewhere\"").experiment().config()));
        assertEquals(Optional.empty(), KeptForecasts.of(tiny.with("domain.steps", "8").experiment().config()));
        assertEquals(8.5, FORECAST.seconds());
        assertEquals(265, FORECAST.peakBytes());
    }
}
