package io.ballast.cli;

import static io.ballast.cli.CommonOptions.withValue;

import com.google.gson.GsonBuilder;
import io.ballast.InvalidInputException;
import io.ballast.bench.Benchmark;
import io.ballast.bench.BenchmarkRequest;
import io.ballast.bench.Benchmarks;
import io.ballast.bench.Measurement;
import io.ballast.python.ThisProgram;
import io.ballast.config.NearestName;
import io.ballast.python.PythonEnvironment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/**
 * {@code ballast bench}: measures Ballast against what people would use instead. {@code --json} prints a list of
 * {@link Measurement}s; what could not be measured is absent, and named on standard error.
 */
final class BenchCommand implements Command {
    private static final String MODEL = "model";
    private static final String DATA_DIR = "data-dir";
    private static final String PAIRS = "pairs";
    private static final String SET = "set";

    @Override
    public String name() {
        return "bench";
    }

    @Override
    public String argument() {
        return "NAME";
    }

    @Override
    public String summary() {
        return "Measure Ballast against what people would use instead. NAME is one of: " + Benchmarks.all().stream()
                .map(each -> each.name() + " (" + each.summary() + ")").collect(Collectors.joining("; ")) + ".";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(withValue(MODEL, "DIR", "The model, where one is needed."))
                .addOption(withValue(DATA_DIR, "DIR", "Folder of data, where they are needed."))
                .addOption(withValue(PAIRS, "N", "How often each side is measured."))
                .addOption(Option.builder().longOpt(SET).hasArg().argName("KEY=VALUE")
                        .desc("A setting of the benchmark's own, such as items=8 of eval.").get());
    }

    @Override
    public int run(CommandLine line, Output output) {
        Benchmark benchmark = benchmark(line.getArgList().get(0));
        Map<String, String> settings = settings(line);
        Optional<Path> model = folder(line, MODEL);
        Optional<Path> data = folder(line, DATA_DIR);
        OptionalInt pairs = pairs(line.getOptionValue(PAIRS));
        PythonEnvironment environment = PythonEnvironment.find();
        List<Measurement> measured = benchmark.run(new BenchmarkRequest(environment,
                ThisProgram.command(environment, Main.class), model, data, pairs, settings, output::warn));
        output.answer(() -> new GsonBuilder().setPrettyPrinting().serializeNulls().create().toJson(measured),
                () -> table(measured));
        return 0;
    }

    private static Benchmark benchmark(String name) {
        return Benchmarks.all().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow(() ->
                new InvalidInputException("bench: expected the name of a benchmark, found '" + name + "'. "
                        + NearestName.advice(name, Benchmarks.all().stream().map(Benchmark::name).toList())));
    }

    private static Map<String, String> settings(CommandLine line) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String given : Optional.ofNullable(line.getOptionValues(SET)).orElse(new String[0])) {
            int equals = given.indexOf('=');
            if (!given.matches("[A-Za-z][A-Za-z-]*=.+")) {
                throw new InvalidInputException("--set: expected KEY=VALUE such as items=8, found '" + given + "'.");
            }
            settings.put(given.substring(0, equals), given.substring(equals + 1));
        }
        return settings;
    }

    private static Optional<Path> folder(CommandLine line, String option) {
        Optional<Path> folder = Optional.ofNullable(line.getOptionValue(option)).map(ExperimentArgument::path);
        folder.filter(path -> !Files.isDirectory(path)).ifPresent(path -> {
            throw new InvalidInputException("--" + option + ": expected a folder, found none at " + path
                    + ". Name one that is there.");
        });
        return folder;
    }

    private static OptionalInt pairs(String given) {
        if (given == null) {
            return OptionalInt.empty();
        }
        if (!given.matches("[1-9][0-9]{0,6}")) {
            throw new InvalidInputException("--pairs: expected a whole number of 1 or more, found '" + given + "'.");
        }
        return OptionalInt.of(Integer.parseInt(given));
    }

    private static String table(List<Measurement> measured) {
        TextTable table = new TextTable("", "Ballast", "other", "", "ratio", "goal", "");
        measured.forEach(each -> table.row(List.of(each.name(), number(each.ours()), number(each.theirs()), each.unit(),
                number(each.ratio()), goal(each), verdict(each))));
        return table.toString();
    }

    private static String goal(Measurement measured) {
        String sign = measured.better().equals("lower") ? "≤ " : "≥ ";
        return measured.goal() == null ? "" : sign + number(measured.goal());
    }

    private static String verdict(Measurement measured) {
        return measured.reached() == null ? "" : measured.reached() ? "reached" : "not reached";
    }

    private static String number(Double value) {
        return value == null ? "" : String.format(Locale.ROOT, Math.abs(value) < 1 ? "%.3f" : "%.2f", value);
    }
}
