package io.ballast.cli;

import static io.ballast.cli.CommonOptions.withValue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.ballast.Ballast;
import io.ballast.InvalidInputException;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentReader;
import io.ballast.config.ModelConfig;
import io.ballast.eval.Evaluation;
import io.ballast.eval.EvaluationWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** {@code ballast eval}: scores a model on tasks, in lm-eval's form. */
final class EvalCommand implements Command {
    private static final String TASKS = "tasks";
    private static final String DATA = "data";
    private static final String DATA_DIR = "data-dir";
    private static final String LIMIT = "limit";
    private static final String TASKS_DIR = "tasks-dir";
    private static final String SHOTS = "shots";
    private static final String SHOTS_DATA = "shots-data";
    private static final String TRUST_TASK_CODE = "trust-task-code";
    private static final String NO_CACHE = "no-cache";
    private static final String OUT = "out";
    private static final String DEVICE = "device";
    private static final String DTYPE = "dtype";
    private static final String BATCH_SIZE = "batch-size";
    private static final String MAX_LENGTH = "max-length";

    @Override
    public String name() {
        return "eval";
    }

    @Override
    public String argument() {
        return "MODEL";
    }

    @Override
    public String summary() {
        return "Score a model on tasks, as lm-eval does.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(withValue(TASKS, "A,B", "Tasks, groups, tags or task files, such as sciq,piqa."))
                .addOption(withValue(TASKS_DIR, "DIR", "Folder with task files in lm-eval's YAML format; may be"
                        + " given again."))
                .addOption(withValue(DATA, "FILE", "The data file of one task."))
                .addOption(withValue(DATA_DIR, "DIR", "Folder with TASK/test or TASK/validation or TASK data files."))
                .addOption(withValue(SHOTS, "N", "Examples before each question."))
                .addOption(withValue(SHOTS_DATA, "FILE", "The file that examples are drawn from."))
                .addOption(Option.builder().longOpt(TRUST_TASK_CODE)
                        .desc("Let Python code of task files run that Ballast does not ship.").get())
                .addOption(withValue(LIMIT, "N", "The first N documents of each task only."))
                .addOption(Option.builder().longOpt(NO_CACHE)
                        .desc("Ask the model again what it said before, and keep nothing.").get())
                .addOption(withValue(OUT, "DIR", "Where to write results and samples in lm-eval's form."))
                .addOption(withValue(DEVICE, "DEVICE", "auto, cpu, cuda or cuda:N."))
                .addOption(withValue(DTYPE, "DTYPE", "float32 or bfloat16."))
                .addOption(withValue(BATCH_SIZE, "N", "Rows in a scoring batch."))
                .addOption(withValue(MAX_LENGTH, "N", "Tokens that the model reads at once; by default its window."));
    }

    @Override
    public int run(CommandLine line, Output output) {
        ModelConfig model = model(line);
        EvaluationConfig evaluation = evaluation(line);
        AtomicBoolean stopped = new AtomicBoolean();
        try (Interruption interruption = new Interruption(output); Ballast ballast = Ballast.open()) {
            interruption.stopsBy(() -> stopped.set(true));
            Evaluation scored = ballast.evaluate(model, evaluation, new Progress(output), stopped::get);
            scored.warnings().forEach(warning -> output.warn("warning: " + warning));
            if (line.hasOption(OUT)) {
                output.note("Written: " + EvaluationWriter.write(scored, model.path(),
                        ExperimentArgument.path(line.getOptionValue(OUT))));
            }
            output.answer(() -> EvaluationText.document(scored, model.path()), () -> EvaluationText.table(scored));
        }
        return 0;
    }

    private static ModelConfig model(CommandLine line) {
        JsonObject model = new JsonObject();
        model.addProperty("path", line.getArgList().get(0));
        copy(line, DEVICE, model, "device");
        copy(line, DTYPE, model, "dtype");
        return ExperimentReader.block(model, ModelConfig.class, Path.of(""), "the options of eval");
    }

    private static EvaluationConfig evaluation(CommandLine line) {
        String tasks = line.getOptionValue(TASKS);
        if (tasks == null) {
            throw new InvalidInputException("expected --tasks A,B, found none. Name tasks that Ballast ships, such as"
                    + " sciq,piqa, or those of a folder with task files, --tasks-dir DIR.");
        }
        if (line.hasOption(DATA) && line.hasOption(DATA_DIR)) {
            throw new InvalidInputException("expected --data FILE (one task) or --data-dir DIR, found both.");
        }
        List<String> names = List.of(tasks.split(",", -1)).stream().map(String::strip).toList();
        if (line.hasOption(DATA) && names.size() > 1) {
            throw new InvalidInputException("expected one task with --data " + line.getOptionValue(DATA) + ", found "
                    + names.size() + ". Give --data-dir for more.");
        }
        JsonArray entries = new JsonArray();
        for (String name : names) {
            JsonObject entry = new JsonObject();
            entry.addProperty("task", name);
            copyPath(line, DATA, entry, "data");
            copyNumber(line, LIMIT, entry, "limit");
            copyNumber(line, SHOTS, entry, "shots");
            copyPath(line, SHOTS_DATA, entry, "shotsData");
            entries.add(entry);
        }
        JsonObject evaluation = new JsonObject();
        evaluation.add("general", entries);
        copyNumber(line, BATCH_SIZE, evaluation, "batchSize");
        copyNumber(line, MAX_LENGTH, evaluation, "maxLength");
        copyPath(line, DATA_DIR, evaluation, "dataDir");
        evaluation.addProperty("cache", !line.hasOption(NO_CACHE));
        evaluation.addProperty("trustTaskCode", line.hasOption(TRUST_TASK_CODE));
        if (line.hasOption(TASKS_DIR)) {
            JsonArray folders = new JsonArray();
            List.of(line.getOptionValues(TASKS_DIR)).forEach(
                    folder -> folders.add(ExperimentArgument.path(folder).toString()));
            evaluation.add("tasksDir", folders);
        }
        return ExperimentReader.block(evaluation, EvaluationConfig.class, Path.of(""), "the options of eval");
    }

    private static void copyPath(CommandLine line, String option, JsonObject to, String key) {
        if (line.hasOption(option)) {
            to.addProperty(key, ExperimentArgument.path(line.getOptionValue(option)).toString());
        }
    }

    private static void copy(CommandLine line, String option, JsonObject to, String key) {
        if (line.hasOption(option)) {
            to.addProperty(key, line.getOptionValue(option));
        }
    }

    /** What is no number stays a text, for the reader of blocks to refuse. */
    private static void copyNumber(CommandLine line, String option, JsonObject to, String key) {
        String value = line.getOptionValue(option);
        if (value != null && value.matches("-?[0-9]{1,9}")) {
            to.addProperty(key, Integer.valueOf(value));
        } else {
            copy(line, option, to, key);
        }
    }
}
