package io.ballast.cli;

import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import io.ballast.Run;
import io.ballast.checkpoint.InterruptedRun;
import io.ballast.config.ExperimentCheck;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code ballast run}: runs an experiment. */
final class RunCommand implements Command {
    private static final String EVENTS = "events";
    private static final String RESUME = "resume";
    private static final String AUTO_BATCH = "auto-batch";

    @Override
    public String name() {
        return "run";
    }

    @Override
    public String argument() {
        return "[EXPERIMENT]";
    }

    @Override
    public String summary() {
        return "Run an experiment (a file, or - for JSON on standard input): train, evaluate, and write a run folder with a"
                + " report.";
    }

    @Override
    public Options options() {
        return ExperimentArgument.options().addOption(CommonOptions.withValue(EVENTS, "FILE",
                "Write each event, progress too, as a line of JSON to a file or pipe, such as /dev/fd/3."))
                .addOption(CommonOptions.withValue(RESUME, "RUN_FOLDER",
                        "Go on with a run that was interrupted, in its folder; it takes no EXPERIMENT."))
                .addOption(null, AUTO_BATCH, false, "Where the device has no room for a batch, compute it in halves that add"
                        + " up: autoBatch of every phase.");
    }

    @Override
    public int run(CommandLine line, Output output) {
        return line.hasOption(RESUME) ? resume(line, output) : start(line, output);
    }

    private static int resume(CommandLine line, Output output) {
        Optional<String> beside = Stream.concat(line.getArgList().stream(), Stream.of(ExperimentArgument.SET, AUTO_BATCH)
                .filter(line::hasOption).map(option -> "--" + option)).findFirst();
        if (beside.isPresent()) {
            throw new InvalidInputException("Expected --resume RUN_FOLDER alone; found " + beside.get()
                    + " beside it. A run is resumed with the experiment it began with: leave it out, or start another"
                    + " run.");
        }
        Path folder = ExperimentArgument.path(line.getOptionValue(RESUME));
        InterruptedRun.checkFolder(folder); // before the seconds that Python takes to start
        try (Interruption interruption = new Interruption(output);
                EventStream events = EventStream.of(line.getOptionValue(EVENTS));
                Ballast ballast = Ballast.open()) {
            Run run = ballast.resume(folder, WatchedRun.shown(output, events));
            return answer(WatchedRun.of(run, interruption, output), output);
        }
    }

    private static int answer(WatchedRun run, Output output) {
        output.answer(run.result()::toJson, () -> ResultText.of(run.result(), run.folder()));
        return 0;
    }

    private static int start(CommandLine line, Output output) {
        if (line.getArgList().isEmpty()) {
            throw new InvalidInputException("the command 'run' takes EXPERIMENT, or --resume RUN_FOLDER; found none."
                    + " 'ballast run --help' says more.");
        }
        Experiment given = ExperimentArgument.read(line);
        Experiment experiment = line.hasOption(AUTO_BATCH) ? Experiment.of(given.config().withAutoBatch()) : given;
        ExperimentCheck.check(experiment.config()); // before the seconds that Python takes to start
        try (Interruption interruption = new Interruption(output);
                EventStream events = EventStream.of(line.getOptionValue(EVENTS));
                Ballast ballast = Ballast.open()) {
            return answer(WatchedRun.of(ballast, experiment, interruption, output, events), output);
        }
    }
}
