package io.ballast.examples;

import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.Generation;
import io.ballast.Model;
import io.ballast.Run;
import io.ballast.RunEvent;
import java.nio.file.Path;

/** Fine-tunes a model as an experiment's file says, prints what it forgot, and lets it go on with a text. */
public class FineTune {
    public static void main(String[] arguments) {
        try (Ballast ballast = Ballast.open()) {
            Run run = ballast.start(Experiment.read(Path.of(arguments[0])), FineTune::show);
            run.result().forgetting().forEach(lost -> System.out.printf("forgotten of %s: %s %.1f to %.1f (%s)%n",
                    lost.task(), lost.metric(), lost.before(), lost.after(), lost.verdict()));
            try (Model model = ballast.openModel(run.folder())) {
                System.out.println(arguments[1] + model.generate(arguments[1], Generation.greedy(40)));
            }
        }
    }

    private static void show(RunEvent event) {
        if (event.type().equals("step")) {
            System.out.printf("%s step %d of %s, loss %.3f%n", event.phase(), event.step(),
                    event.fields().get("steps"), event.fields().get("loss"));
        }
    }
}
