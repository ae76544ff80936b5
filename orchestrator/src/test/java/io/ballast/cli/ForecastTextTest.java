package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.train.Forecast;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForecastTextTest {
    private static Forecast forecast(long available, Double seconds, List<String> advice) {
        return new Forecast(8_000_000_000L, 8_000_000_000L, "cuda:0", available, 0, List.of(
                new Forecast.Phase("domain", 120, 8, 512, 32_000_000_000L, 64_000_000_000L, 64_000_000_000L,
                        40_000_000_000L, seconds)), seconds, seconds, seconds, 96_000_000_000L, advice);
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
                time        about 4:04: opening 1:01, domain 1:01, importance 1:01, evaluation 1:01
                disk        96.0 GB for model and anchor
                """), ForecastText.of(fits));
    }
}
