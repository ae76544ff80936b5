package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.RunEvent;
import io.ballast.eval.Role;
import io.ballast.eval.Score;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private Progress progress(boolean terminal) {
        return new Progress(new Output(Typed.stream(new ByteArrayOutputStream()), Typed.stream(err), terminal,
                new String[0]));
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static RunEvent event(long second, String type, String phase, long step, Map<String, Object> fields) {
        return new RunEvent(Instant.ofEpochSecond(second), type, phase, step, fields);
    }

    private static RunEvent step(long second, long step) {
        return event(second, "step", "general", step,
                Map.of("steps", 80L, "loss", 2.5, "tokensPerSecond", 1234.0));
    }

    @Test
    void onATerminalALineIsWrittenOverWithRateAndTimeLeft() {
        Progress progress = progress(true);
        progress.event(event(0, "phase", "general", 0, Map.of("steps", 80L)));
        progress.event(step(10, 20));
        assertEquals("general phase: 80 steps\n\r\033[Kgeneral  20/80  loss 2.500  1,234 tokens/s  0:30 left", said());
    }

    @Test
    void elsewhereALineComesAtMostEveryTenSecondsAndAtTheEnd() {
        Progress progress = progress(false);
        progress.event(event(0, "phase", "general", 0, Map.of("steps", 80L)));
        for (int i = 1; i <= 80; i++) {
            progress.event(step(i / 4, i));
        }
        List<String> lines = said().lines().toList();
        assertEquals(3, lines.size(), said());
        assertTrue(lines.get(1).startsWith("general  40/80"), said());
        assertTrue(lines.get(2).startsWith("general  80/80"), said());
        assertTrue(said().chars().noneMatch(c -> c == '\r' || c == '\033'));
    }

    @Test
    void ofAResumedPhaseTheStepsMadeBeforeTellNothingOfThePace() {
        Progress progress = progress(true);
        progress.event(event(0, "phase", "general", 60, Map.of("steps", 80L)));
        progress.event(step(10, 70));
        assertTrue(said().startsWith("general phase: 80 steps, of which 60 are made\n"), said());
        assertTrue(said().endsWith("0:10 left"), said());
    }

    @Test
    void scoresOfAStageAreSaidInOneLine() {
        progress(false).event(event(0, "scores", "base", 0, Map.of("scores", List.of(
                new Score("base", "sciq", Role.GENERAL, "acc", 0.75, 0.02, 100, true),
                new Score("base", "stories", Role.GENERAL, "perplexity", 12.345, null, 100, false)))));
        assertEquals("base:  sciq acc 0.750  stories perplexity 12.3\n", said());
    }

    @Test
    void anEvaluationSaysItemsASecondAndTimeLeftOfWhatWasNotKnownBefore() {
        Progress progress = progress(true);
        progress.event(event(100, "stage", "base", 0, Map.of()));
        progress.event(event(104, "scoring", "base", 300, Map.of("total", 1400L)));
        progress.event(event(109, "scoring", "base", 400, Map.of("total", 1400L)));
        assertEquals("\r\033[Kevaluating base  400/1,400 items  20.0 items/s  0:50 left", said());
    }

    @Test
    void aWarningIsSaidAndAnUnknownEventIsNot() {
        Progress progress = progress(false);
        progress.event(event(0, "warning", "general", 0, Map.of("message", "3 rows were cut")));
        progress.event(event(0, "novelty", "general", 0, Map.of()));
        assertEquals("warning: 3 rows were cut\n", said());
    }
}
