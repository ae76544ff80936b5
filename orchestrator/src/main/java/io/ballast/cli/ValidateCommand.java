package io.ballast.cli;

import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.config.DataConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentCheck;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.eval.EvaluationTasks;
import io.ballast.model.HubAddress;
import io.ballast.model.ModelFolder;
import io.ballast.train.Forecast;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** {@code ballast validate}: everything that can be known about an experiment before it runs. */
final class ValidateCommand implements Command {
    private static final String NO_ESTIMATE = "no-estimate";

    @Override
    public String name() {
        return "validate";
    }

    @Override
    public String argument() {
        return "EXPERIMENT";
    }

    @Override
    public String summary() {
        return "Check an experiment, its files and every row; print it with its defaults.";
    }

    @Override
    public Options options() {
        return ExperimentArgument.options().addOption(Option.builder().longOpt(NO_ESTIMATE)
                .desc("Do not estimate the memory that it will take, which takes some seconds.").get());
    }

    @Override
    public int run(CommandLine line, Output output) {
        Experiment experiment = ExperimentArgument.read(line);
        ExperimentConfig config = experiment.config();
        ExperimentCheck.check(config);
        Map<DataConfig, OptionalLong> rows = new LinkedHashMap<>();
        Stream.concat(Stream.ofNullable(config.general()), config.domain().stream()).map(PhaseConfig::data)
                .forEach(entries -> entries.forEach(data -> rows.put(data, DataRows.count(data))));
        String model = modelSize(config.model().path());
        checkWithPython(config);
        output.answer(experiment::toJson, () -> ExperimentText.of(config, model, data -> size(rows.get(data)))
                + (line.hasOption(NO_ESTIMATE) ? "" : estimate(config)) + "This experiment can run.");
        return 0;
    }

    /** Task files, and what a method says of its options or a class of one's own of itself, only Python knows. */
    private static void checkWithPython(ExperimentConfig config) {
        RetentionConfig retention = config.retention();
        EvaluationConfig evaluation = config.evaluation();
        boolean asksPython = !retention.options().isEmpty() || retention.method().contains(":")
                || Stream.concat(evaluation.general().stream(), evaluation.domain().stream())
                        .anyMatch(entry -> entry.task() != null || entry.multipleChoice() != null);
        if (asksPython) {
            try (Ballast ballast = Ballast.open();
                    EvaluationTasks tasks = EvaluationTasks.of(config, ballast.bridge())) {
                ballast.bridge().describeMethod(retention.method(), retention.options());
                tasks.check();
            }
        }
    }

    /** Not before model and data are here. */
    private static String estimate(ExperimentConfig config) {
        boolean isHere = !HubAddress.is(config.model().path()) && Stream.concat(Stream.ofNullable(config.general()),
                config.domain().stream()).flatMap(phase -> phase.data().stream())
                .allMatch(data -> data.generate() == null && !HubAddress.is(data.path()));
        if (!isHere) {
            return "The memory is not estimated: the model or data are yet to be fetched or written.\n";
        }
        try (Ballast ballast = Ballast.open()) {
            return "\n" + ForecastText.of(Forecast.of(config, ballast.bridge())) + "\n";
        }
    }

    /** Architecture and size from the files' headers alone. */
    static String modelSize(String path) {
        if (HubAddress.is(path)) {
            HubAddress.model(path);
            return "on the hub";
        }
        ModelFolder folder = ModelFolder.open(Path.of(path));
        String type = folder.config().has("model_type") ? folder.config().get("model_type").getAsString() + ", " : "";
        return type + Numbers.large(folder.parameters(), "") + " parameters";
    }

    private static String size(OptionalLong rows) {
        return rows.isPresent() ? String.format(Locale.ROOT, "  (%,d rows)", rows.getAsLong()) : "";
    }
}
