package io.ballast.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentCheck;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.TaskConfig;
import io.ballast.config.Words;
import io.ballast.eval.EvaluationTasks;
import io.ballast.model.HubAddress;
import io.ballast.model.ModelFolder;
import io.ballast.model.ModelSource;
import io.ballast.python.Bridge;
import io.ballast.train.Forecast;
import io.ballast.train.KeptForecasts;
import io.ballast.train.PluginCheck;
import io.ballast.train.PluginRows;
import io.ballast.train.PresentSources;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** {@code ballast validate}: everything that can be known about an experiment before it runs. */
final class ValidateCommand implements Command {
    private static final String NO_ESTIMATE = "no-estimate";
    private static final String RANKS = "ranks";

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
        return "Check an experiment, its files and every row; estimate memory, time and disk; print it with its defaults.";
    }

    @Override
    public Options options() {
        return ExperimentArgument.options().addOption(Option.builder().longOpt(NO_ESTIMATE)
                .desc("Do not estimate the memory, time and disk that it will take, for which some steps are rehearsed.").get())
                .addOption(CommonOptions.withValue(RANKS, "N,...", "Estimate what each of N processes or GPUs would hold that"
                        + " train it together, such as 2,8,16 (docs/scaling.md)."));
    }

    @Override
    public int run(CommandLine line, Output output) {
        Experiment experiment = ExperimentArgument.read(line);
        ExperimentCheck.check(experiment.config());
        ExperimentConfig config = withPluginRows(experiment.config());
        Map<DataConfig, OptionalLong> rows = rows(experiment.config(), config);
        String model = modelSize(config.model().path());
        checkWithPython(config);
        List<Integer> ranks = ranks(line);
        String obstacle = line.hasOption(NO_ESTIMATE) ? "nobody asked for it" : obstacle(config);
        Foreseen foreseen = obstacle == null ? foreseen(config, ranks) : Foreseen.nothing(obstacle);
        output.answer(() -> document(experiment, foreseen), () -> ExperimentText.of(experiment.config(), model,
                data -> size(rows.get(data))) + "\n" + foreseen.text() + "\nThis experiment can run.");
        return 0;
    }

    /**
     * What was foreseen: of one process, of several ranks, or nothing.
     *
     * @param obstacle why nothing could be, else null
     * @param forecast of one process, else null
     * @param ranks    of the numbers of ranks that were asked for
     */
    private record Foreseen(String obstacle, Forecast forecast, List<Forecast.Rank> ranks) {
        static Foreseen nothing(String obstacle) {
            return new Foreseen(obstacle, null, List.of());
        }

        String text() {
            return obstacle != null ? "no estimate: " + obstacle + "\n"
                    : forecast != null ? ForecastText.of(forecast) : ForecastText.ofRanks(ranks);
        }
    }

    private static List<Integer> ranks(CommandLine line) {
        String value = line.getOptionValue(RANKS);
        if (value == null) {
            return List.of();
        }
        if (!value.matches("([2-9]|[1-9]\\d{1,5})(,([2-9]|[1-9]\\d{1,5}))*")) {
            throw new InvalidInputException("--" + RANKS + ": expected numbers of 2 or more with commas between them, found '"
                    + value + "', such as 2,8,16.");
        }
        return Arrays.stream(value.split(",")).map(Integer::valueOf).toList();
    }

    private static ExperimentConfig withPluginRows(ExperimentConfig config) {
        if (!PluginRows.areIn(config)) {
            return config;  // Python need not start.
        }
        try (Ballast ballast = Ballast.open()) {
            return withPluginRows(config, ballast.bridge());
        }
    }

    private static ExperimentConfig withPluginRows(ExperimentConfig config, Bridge bridge) {
        bridge.plugins().lookIn(config.plugins(), config.pluginSeconds());
        return PluginRows.in(config, bridge);
    }

    /** By the entries as they were written: how many rows a run would see of each. */
    private static Map<DataConfig, OptionalLong> rows(ExperimentConfig written, ExperimentConfig resolved) {
        Map<DataConfig, OptionalLong> rows = new LinkedHashMap<>();
        List<DataConfig> entries = written.phases().stream().flatMap(phase -> phase.data().stream()).toList();
        List<DataConfig> files = resolved.phases().stream().flatMap(phase -> phase.data().stream()).toList();
        for (int i = 0; i < entries.size(); i++) {
            rows.put(entries.get(i), DataRows.count(files.get(i)));
        }
        return rows;
    }

    private static String document(Experiment experiment, Foreseen foreseen) {
        JsonObject document = new JsonObject();
        document.add("experiment", JsonParser.parseString(experiment.toJson()));
        document.add("estimate", new Gson().toJsonTree(foreseen.forecast()));
        if (foreseen.obstacle() != null) {
            document.addProperty("noEstimate", foreseen.obstacle());
        }
        if (!foreseen.ranks().isEmpty()) {
            document.add("ranks", new Gson().toJsonTree(foreseen.ranks()));
        }
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls().create().toJson(document);
    }

    /** Task files, and what a method says of its options or a class of one's own of itself, only Python knows. */
    private static void checkWithPython(ExperimentConfig config) {
        RetentionConfig retention = config.retention();
        EvaluationConfig evaluation = config.evaluation();
        boolean asksPython = !retention.options().isEmpty() || retention.method().contains(":")
                || config.phases().stream().anyMatch(phase -> phase.stop() != null)
                || Stream.concat(evaluation.general().stream(), evaluation.domain().stream()).anyMatch(entry ->
                        entry.task() != null || entry.multipleChoice() != null || !entry.metrics().isEmpty());
        if (asksPython) {
            try (Ballast ballast = Ballast.open()) {
                PluginCheck.check(config, ballast.bridge());
                try (EvaluationTasks tasks = EvaluationTasks.of(config, ballast.bridge())) {
                    tasks.check();
                }
            }
        }
    }

    /** Why nothing can be foreseen, or null: no text may have yet to be written, and the weights' size must be known. */
    private static String obstacle(ExperimentConfig config) {
        Stream<DataConfig> data = config.phases().stream().flatMap(phase -> phase.data().stream());
        boolean isWritten = Stream.concat(data.map(DataConfig::generate),
                config.evaluation().tasks().stream().map(TaskConfig::generate)).anyMatch(Objects::nonNull);
        if (isWritten) {
            return "the model has yet to write text of its own";
        }
        return config.adapter() == null || config.adapter().hasKnownSize() ? null
                : "the size of an adapter of the kind " + Words.of(config.adapter().kind()) + " depends on the weights";
    }

    /** Of what is present, as a run finds it too; that of one process is kept for the report of the experiment's runs. */
    private static Foreseen foreseen(ExperimentConfig config, List<Integer> ranks) {
        try (Ballast ballast = Ballast.open()) {
            Bridge bridge = ballast.bridge();
            PresentSources found = PresentSources.of(config, bridge);
            if (!found.missing().isEmpty()) {
                return Foreseen.nothing("a run has yet to fetch or convert " + String.join(", ", found.missing()));
            }
            ExperimentConfig present = withPluginRows(found.experiment(), bridge);
            if (!ranks.isEmpty()) {
                return new Foreseen(null, null, Forecast.ofRanks(present, bridge, ranks));
            }
            Forecast forecast = Forecast.of(present, bridge);
            KeptForecasts.keep(present, forecast);
            return new Foreseen(null, forecast, List.of());
        }
    }

    /** Architecture and size from the files' headers alone. */
    static String modelSize(String path) {
        if (HubAddress.is(path)) {
            HubAddress.model(path);
            return "on the hub";
        }
        if (ModelSource.isElsewhere(path)) {
            return "in GGUF";
        }
        ModelFolder folder = ModelFolder.open(Path.of(path));
        String type = folder.config().has("model_type") ? folder.config().get("model_type").getAsString() + ", " : "";
        return type + Numbers.large(folder.parameters(), "") + " parameters";
    }

    private static String size(OptionalLong rows) {
        return rows.isPresent() ? String.format(Locale.ROOT, "  (%,d rows)", rows.getAsLong()) : "";
    }
}
