package io.ballast.cli;

import static io.ballast.cli.CommonOptions.withValue;

import com.google.gson.GsonBuilder;
import io.ballast.Ballast;
import io.ballast.InvalidInputException;
import io.ballast.bench.EvaluationBenchmark;
import io.ballast.bench.Measurement;
import io.ballast.config.NearestName;
import io.ballast.model.ModelFolder;
import io.ballast.python.PythonEnvironment;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * {@code ballast bench}: measures Ballast against what people would use instead. {@code --json} prints a list of
 * {@link Measurement}s; what could not be measured is absent, and named on standard error.
 */
final class BenchCommand implements Command {
    private static final String EVAL = "eval";
    private static final String MODEL = "model";
    private static final String DATA_DIR = "data-dir";
    private static final String TASKS = "tasks";
    private static final String ITEMS = "items";
    private static final String PAIRS = "pairs";
    private static final String BATCH_SIZE = "batch-size";
    private static final int DEFAULT_ITEMS = 40;
    private static final int DEFAULT_PAIRS = 5;
    private static final int DEFAULT_BATCH_SIZE = 8;

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
        return "Measure Ballast against lm-eval (NAME is eval): items per second on the same token rows.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(withValue(MODEL, "DIR", "The model that both score by."))
                .addOption(withValue(DATA_DIR, "DIR", "Folder with TASK/test.jsonl and general/TASK.jsonl files."))
                .addOption(withValue(TASKS, "A,B", "These tasks only."))
                .addOption(withValue(ITEMS, "N", "Items of each task; " + DEFAULT_ITEMS + " unless given."))
                .addOption(withValue(PAIRS, "N", "How often each program scores; " + DEFAULT_PAIRS + " unless given."))
                .addOption(withValue(BATCH_SIZE, "N", "Rows in a batch of both; " + DEFAULT_BATCH_SIZE
                        + " unless given."));
    }

    @Override
    public int run(CommandLine line, Output output) {
        if (!line.getArgList().get(0).equals(EVAL)) {
            throw new InvalidInputException("bench: expected the name of a benchmark, found '" + line.getArgList().get(0)
                    + "'. " + NearestName.advice(line.getArgList().get(0), List.of(EVAL)));
        }
        List<EvaluationBenchmark.Question> questions = questions(line.getOptionValue(TASKS));
        Path model = folder(line, MODEL);
        ModelFolder.open(model);
        PythonEnvironment environment = PythonEnvironment.find();
        EvaluationBenchmark.Setting setting = new EvaluationBenchmark.Setting(model, folder(line, DATA_DIR),
                number(line, BATCH_SIZE, DEFAULT_BATCH_SIZE), number(line, ITEMS, DEFAULT_ITEMS),
                number(line, PAIRS, DEFAULT_PAIRS), ownCommand(environment));
        List<Measurement> measured;
        try (Ballast ballast = Ballast.open(environment)) {
            measured = new EvaluationBenchmark(environment, setting, output::warn).run(ballast.bridge(), questions);
        }
        output.answer(() -> new GsonBuilder().setPrettyPrinting().create().toJson(measured), () -> table(measured));
        return 0;
    }

    /** What started this program, without its arguments. */
    private static List<String> ownCommand(PythonEnvironment environment) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-Dballast.home=" + environment.packagePath().getParent(), "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        return command;
    }

    private static List<EvaluationBenchmark.Question> questions(String tasks) {
        if (tasks == null) {
            return EvaluationBenchmark.QUESTIONS;
        }
        List<String> known = EvaluationBenchmark.QUESTIONS.stream().map(EvaluationBenchmark.Question::task).distinct()
                .toList();
        List<String> wanted = List.of(tasks.split(",", -1)).stream().map(String::strip).toList();
        wanted.stream().filter(task -> !known.contains(task)).findFirst().ifPresent(unknown -> {
            throw new InvalidInputException("--tasks: expected tasks that are measured, found '" + unknown + "'. "
                    + NearestName.advice(unknown, known));
        });
        return EvaluationBenchmark.QUESTIONS.stream().filter(question -> wanted.contains(question.task())).toList();
    }

    private static Path folder(CommandLine line, String option) {
        if (!line.hasOption(option)) {
            throw new InvalidInputException("bench eval: expected --" + option + " DIR, found none. Name a folder.");
        }
        Path folder = ExperimentArgument.path(line.getOptionValue(option));
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException("--" + option + ": expected a folder, found none at " + folder
                    + ". Name one that is there.");
        }
        return folder;
    }

    private static int number(CommandLine line, String option, int otherwise) {
        String given = line.getOptionValue(option);
        if (given == null) {
            return otherwise;
        }
        if (!given.matches("[1-9][0-9]{0,6}")) {
            throw new InvalidInputException("--" + option + ": expected a whole number of 1 or more, found '" + given
                    + "'.");
        }
        return Integer.parseInt(given);
    }

    private static String table(List<Measurement> measured) {
        TextTable table = new TextTable("", "Ballast", "lm-eval", "", "ratio", "goal", "");
        measured.forEach(each -> table.row(List.of(each.name(), number(each.ours()), number(each.theirs()), each.unit(),
                number(each.ratio()), number(each.goal()), each.reached() ? "reached" : "not reached")));
        return table.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
