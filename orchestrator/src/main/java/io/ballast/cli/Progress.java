package io.ballast.cli;

import io.ballast.RunEvent;
import io.ballast.RunListener;
import io.ballast.eval.Score;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Locale;

/**
 * Tells a person how far a run is: one line that is written over on a terminal, a line now and then
 * elsewhere. Rate and time left come from the events' own times.
 */
final class Progress implements RunListener {
    /** Between two lines where there is no terminal: often enough to see that it lives, seldom enough for a log. */
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private static final long UNTOLD = -1;

    private final Output output;
    private Instant began = Instant.EPOCH;
    private Instant spoke = Instant.EPOCH;
    /** Items that were answered before this evaluation began; below 0 where it says nothing yet. */
    private long known = UNTOLD;

    Progress(Output output) {
        this.output = output;
    }

    @Override
    public void event(RunEvent event) {
        switch (event.type()) {
            case "started" -> output.note("Run folder: " + event.fields().get("folder"));
            case "phase" -> {
                begin(event.time());
                known = event.step(); // of a resumed run those made before
                output.note(event.phase() + " phase: " + count(event, "steps") + " steps"
                        + (known > 0 ? ", of which " + known + " are made" : ""));
            }
            case "step" -> step(event);
            case "stage" -> begin(event.time());
            case "scoring" -> scoring(event);
            case "writing" -> counted("writing " + event.phase(), event);
            case "scores" -> scores(event);
            case "ended-early" -> output.note(event.phase() + " phase ends after step " + event.step() + ": "
                    + event.fields().get("message"));
            case "smaller-batch" -> output.note(event.phase() + " phase, step " + (event.step() + 1) + ": "
                    + event.fields().get("message"));
            case "warning" -> output.warn("warning: " + event.fields().get("message"));
            default -> { } // "finished" is told by the command, and a later type of event is no reason to fail
        }
    }

    private void begin(Instant time) {
        began = time;
        spoke = time;
        known = UNTOLD;
    }

    private void step(RunEvent event) {
        long steps = count(event, "steps");
        String line = String.format(Locale.ROOT, "%s  %d/%d  loss %.3f  %,.0f tokens/s  %s", event.phase(),
                event.step(), steps, number(event, "loss"), number(event, "tokensPerSecond"), left(event, known, steps));
        tell(event, line, event.step() == steps);
    }

    private void counted(String what, RunEvent event) {
        long total = count(event, "total");
        tell(event, String.format(Locale.ROOT, "%s  %,d/%,d  %s", what, event.step(), total, left(event, 0, total)),
                false);
    }

    /** The first event says what is known from before; the pace is that of the others. */
    private void scoring(RunEvent event) {
        if (known == UNTOLD) {
            known = event.step();
            began = event.time();
            return;
        }
        long total = count(event, "total");
        tell(event, String.format(Locale.ROOT, "evaluating %s  %,d/%,d items  %.1f items/s  %s", event.phase(),
                event.step(), total, (event.step() - known) / seconds(event), left(event, known, total)), false);
    }

    private void scores(RunEvent event) {
        StringBuilder line = new StringBuilder(event.phase()).append(":");
        if (event.fields().get("scores") instanceof Collection<?> scores) {
            scores.stream().filter(Score.class::isInstance).map(Score.class::cast)
                    .forEach(score -> line.append(String.format(Locale.ROOT, "  %s %s %s", score.task(),
                            score.metric(), Numbers.score(score.value()))));
        }
        output.note(line.toString());
    }

    private void tell(RunEvent event, String line, boolean last) {
        if (output.isTerminal() && !last) {
            output.status(line);
        } else if (last || Duration.between(spoke, event.time()).compareTo(SILENCE) >= 0) {
            output.note(line);
            spoke = event.time();
        }
    }

    private String left(RunEvent event, long before, long total) {
        long done = event.step() - before;
        if (done <= 0 || seconds(event) <= 0) {
            return "";
        }
        return Numbers.clock((total - event.step()) * seconds(event) / done) + " left";
    }

    private double seconds(RunEvent event) {
        return Duration.between(began, event.time()).toNanos() / 1e9;
    }

    private static long count(RunEvent event, String field) {
        return (long) number(event, field);
    }

    private static double number(RunEvent event, String field) {
        return event.fields().get(field) instanceof Number number ? number.doubleValue() : Double.NaN;
    }
}
