package io.ballast.examples;

import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.Result;
import io.ballast.RunEvent;

import java.nio.file.Path;

/** Fine-tunes a model as an experiment's file says, and prints what it learned and what it forgot. */
public final class FineTune {
    private FineTune() {
    }

    /**
     * Runs one experiment.
     *
     * @param arguments the experiment's file
     */
    public static void main(String[] arguments) {
        Experiment experiment = Experiment.read(Path.of(arguments[0]));
        try (Ballast ballast = Ballast.open()) {
            Result result = ballast.run(experiment, FineTune::show);
            result.scores().forEach(score -> System.out.printf("%-9s %-20s %-10s %8.3f ± %.3f%n", score.stage(),
                    score.task(), score.metric(), score.value(), score.stderr()));
            result.forgetting().forEach(lost -> System.out.printf("forgotten of %s: %s %+.3f, 95 %% interval %+.3f to"
                    + " %+.3f%n", lost.task(), lost.metric(), lost.change(), lost.ci95()[0], lost.ci95()[1]));
        }
    }

    private static void show(RunEvent event) {
        if (event.type().equals("step")) {
            System.out.printf("%s step %d of %s, loss %.3f%n", event.phase(), event.step(),
                    event.fields().get("steps"), event.fields().get("loss"));
        }
    }
}
