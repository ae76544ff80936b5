package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.train.Forecast;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForecastTextTest {
    private static Forecast forecast(long available, Double seconds, List<String> advice) {
        return forecast(available, seconds, advice, new Forecast.Disk(96_000_000_000L, 320_000_000_000L, 5_000_000L,
                400_000_000_000L, seconds, List.of()));
    }

    private static Forecast forecast(long available, Double seconds, List<String> advice, Forecast.Disk disk) {
        return new Forecast(8_000_000_000L, 8_000_000_000L, "cuda:0", available, 0, 97_000_000_000L, List.of(
                new Forecast.Phase("domain", 120, 8, 512, 32_000_000_000L, 10_000_000_000L, 64_000_000_000L, 0,
                        64_000_000_000L, 30_000_000_000L, seconds)), seconds, seconds, seconds, disk, advice);
    }

    @Test
    void whatDoesNotFitIsSaidWithWhatWouldMakeItFit() {
        String text = ForecastText.of(forecast(80_000_000_000L, null, List.of("both", "LoRA")));
        assertTrue(text.contains("200.0 GB   120 steps of 8 × 512 tokens"), text);
        assertTrue(text.endsWith("This does not fit: 80.0 GB are free. It fits with both; or with LoRA.\n"), text);
        assertTrue(ForecastText.of(forecast(80_000_000_000L, null, List.of())).endsWith("another machine.\n"));
    }

    @Test
    void whatFitsIsNotAdvised() {
        Forecast fits = forecast(200_000_000_000L, 61.0, List.of());
        assertEquals(200_000_000_000L, fits.peakBytes());
        assertFalse(ForecastText.of(fits).contains("fit"));
        assertTrue(ForecastText.of(fits).endsWith("""
                host memory at most 97.0 GB: the program, with the model being opened or a checkpoint on its way
                time        about 5:05: opening 1:01, domain 1:01, importance 1:01, evaluation 1:01, writing 1:01
                disk        at most 320.0 GB during the run, 96.0 GB left at the end (model and anchors), 5.0 MB in caches
                """), ForecastText.of(fits));
    }

    @Test
    void aDiskThatIsTooSmallIsSaidWithWhatWouldMakeItDo() {
        String kept = ForecastText.of(forecast(200_000_000_000L, 61.0, List.of(), new Forecast.Disk(96_000_000_000L,
                320_000_000_000L, 0, 100_000_000_000L, 0.4, List.of("checkpoint.keep: 1"))));
        assertTrue(kept.endsWith("This does not fit on the disk: 100.0 GB are free. It fits with checkpoint.keep: 1.\n"), kept);
        String none = ForecastText.of(forecast(200_000_000_000L, 61.0, List.of(), new Forecast.Disk(96_000_000_000L,
                320_000_000_000L, 0, 90_000_000_000L, null, List.of())));
        assertFalse(kept.contains("writing") || none.contains("writing"), "what takes no second is left out: " + kept);
        assertTrue(none.endsWith("90.0 GB are free. Take another disk, by 'output'.\n"), none);
    }
}
