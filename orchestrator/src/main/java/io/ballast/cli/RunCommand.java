package io.ballast.cli;

import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import io.ballast.Run;
import io.ballast.checkpoint.InterruptedRun;
import io.ballast.config.ExperimentCheck;
import io.ballast.python.PythonEnvironment;
import io.ballast.python.ThisProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** {@code ballast run}: runs an experiment. */
final class RunCommand implements Command {
    private static final String EVENTS = "events";
    private static final String RESUME = "resume";
    private static final String AUTO_BATCH = "auto-batch";
    /** Options that are part of the experiment by the time that ranks are given it. */
    private static final List<String> IN_THE_EXPERIMENT = List.of(ExperimentArgument.SET, AUTO_BATCH);

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
        return RankOptions.addTo(ExperimentArgument.options()).addOption(CommonOptions.withValue(EVENTS, "FILE",
                "Write each event, progress too, as a line of JSON to a file or pipe, such as /dev/fd/3."))
                .addOption(CommonOptions.withValue(RESUME, "RUN_FOLDER",
                        "Go on with a run that was interrupted, in its folder; it takes no EXPERIMENT."))
                .addOption(null, AUTO_BATCH, false, "Where the device has no room for a batch, compute it in halves that add"
                        + " up: autoBatch of every phase.");
    }

    @Override
    public int run(CommandLine line, Output output) {
        if (line.hasOption(RankOptions.PER_NODE) && !RankProcess.current().isRank()) {
            return onRanks(line, output);
        }
        return line.hasOption(RESUME) ? resume(line, output) : start(line, output);
    }

    /** Starts this command once more on every rank. What is wrong with the experiment is said before that, and once. */
    private static int onRanks(CommandLine line, Output output) {
        RankLauncher launcher = RankOptions.launcher(line);
        PythonEnvironment environment = PythonEnvironment.find();
        List<String> program = new ArrayList<>(ThisProgram.command(environment, Main.class));
        program.add("run");
        for (Option option : line.getOptions()) {
            if (!RankOptions.isOne(option) && !IN_THE_EXPERIMENT.contains(option.getLongOpt())) {
                program.add("--" + option.getLongOpt());
                program.addAll(option.hasArg() ? List.of(option.getValue()) : List.of());
            }
        }
        try (Interruption interruption = new Interruption(output)) {
            if (line.hasOption(RESUME)) {
                InterruptedRun.checkFolder(folder(line));
                return launcher.run(environment, program, interruption::stopsBy);
            }
            Experiment experiment = experiment(line);
            Path file = Files.createTempFile("ballast-experiment-", ".json");
            try {
                Files.writeString(file, experiment.toJson());
                program.add(file.toString());
                return launcher.run(environment, program, interruption::stopsBy);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not keep the experiment for the ranks", e);
        }
    }

    private static int resume(CommandLine line, Output output) {
        Path folder = folder(line);
        InterruptedRun.checkFolder(folder); // before the seconds that Python takes to start
        try (Interruption interruption = new Interruption(output);
                EventStream events = events(line);
                Ballast ballast = Ballast.open()) {
            Run run = ballast.resume(folder, WatchedRun.shown(output, events));
            return answer(WatchedRun.of(run, interruption, output), output);
        }
    }

    private static int answer(WatchedRun run, Output output) {
        output.answer(run.result()::toJson, () -> ResultText.of(run.result(), run.folder()));
        return 0;
    }

    /** Only the first of several ranks tells of events. */
    private static EventStream events(CommandLine line) {
        return EventStream.of(RankProcess.current().isFirst() ? line.getOptionValue(EVENTS) : null);
    }

    private static Path folder(CommandLine line) {
        Optional<String> beside = Stream.concat(line.getArgList().stream(), Stream.of(ExperimentArgument.SET, AUTO_BATCH)
                .filter(line::hasOption).map(option -> "--" + option)).findFirst();
        if (beside.isPresent()) {
            throw new InvalidInputException("Expected --resume RUN_FOLDER alone; found " + beside.get()
                    + " beside it. A run is resumed with the experiment it began with: leave it out, or start another"
                    + " run.");
        }
        return ExperimentArgument.path(line.getOptionValue(RESUME));
    }

    private static Experiment experiment(CommandLine line) {
        if (line.getArgList().isEmpty()) {
            throw new InvalidInputException("the command 'run' takes EXPERIMENT, or --resume RUN_FOLDER; found none."
                    + " 'ballast run --help' says more.");
        }
        Experiment given = ExperimentArgument.read(line);
        Experiment experiment = line.hasOption(AUTO_BATCH) ? Experiment.of(given.config().withAutoBatch()) : given;
        ExperimentCheck.check(experiment.config()); // before the seconds that Python takes to start
        return experiment;
    }

    private static int start(CommandLine line, Output output) {
        Experiment experiment = experiment(line);
        try (Interruption interruption = new Interruption(output);
                EventStream events = events(line);
                Ballast ballast = Ballast.open()) {
            return answer(WatchedRun.of(ballast, experiment, interruption, output, events), output);
        }
    }
}
