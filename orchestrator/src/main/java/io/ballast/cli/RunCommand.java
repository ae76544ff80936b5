package io.ballast.cli;

import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.config.ExperimentCheck;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code ballast run}: runs an experiment. */
final class RunCommand implements Command {
    private static final String EVENTS = "events";

    @Override
    public String name() {
        return "run";
    }

    @Override
    public String argument() {
        return "EXPERIMENT";
    }

    @Override
    public String summary() {
        return "Run an experiment (a file, or - for JSON on standard input): train, evaluate, and write a run folder with a"
                + " report.";
    }

    @Override
    public Options options() {
        return ExperimentArgument.options().addOption(CommonOptions.withValue(EVENTS, "FILE",
                "Write each event, progress too, as a line of JSON to a file or pipe, such as /dev/fd/3."));
    }

    @Override
    public int run(CommandLine line, Output output) {
        Experiment experiment = ExperimentArgument.read(line);
        ExperimentCheck.check(experiment.config()); // before the seconds that Python takes to start
        try (Interruption interruption = new Interruption(output);
                EventStream events = EventStream.of(line.getOptionValue(EVENTS));
                Ballast ballast = Ballast.open()) {
            WatchedRun run = WatchedRun.of(ballast, experiment, interruption, output, events);
            output.answer(run.result()::toJson, () -> ResultText.of(run.result(), run.folder()));
        }
        return 0;
    }
}
