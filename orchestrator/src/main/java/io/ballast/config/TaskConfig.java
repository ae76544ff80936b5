package io.ballast.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * One entry of an evaluation: a task on a data file, or the perplexity of one.
 *
 * @param task       name of a task, or null for a perplexity
 * @param data       absolute path of the task's data file
 * @param columns    the task's column name to the file's, where they differ; empty without
 * @param multipleChoice questions of one's own, or null
 * @param perplexity absolute path of the data file whose perplexity is measured, or null for a task
 * @param text       template of a document; by default that of the role's first data entry
 * @param prompt     template of what is given
 * @param completion template of what is scored
 * @param where      an SQL condition over the columns
 * @param limit      the first rows only
 * @param shots      examples before each question, or null for as many as the task's file says
 * @param shotsData  absolute path of the file that examples are drawn from, or null
 * @param name       what the scores are called; by default the task, or parent folder/stem
 * @param domain     name of the domain that is measured, or null for the only one
 * @param generate   text that the base model writes and whose perplexity is measured, or null
 * @param subject    the column that says what an item is about, or null for the usual ones
 * @param metrics    functions in Python, beside what is measured anyway; empty without
 * @param transform  a function in Python that makes rows of rows, or null
 */
@Shorthand("task")
@Alternatives(value = {"task", "multipleChoice", "perplexity", "generate"}, required = true)
@Alternatives({"text", "completion"})
@Alternatives({"subject", "perplexity"})
@Alternatives({"subject", "generate"})
public record TaskConfig(
        @Setting("A task by name: sciq, piqa, medmcqa, hellaswag, arc_easy, lambada_openai, wikitext, perplexity, or one"
                + " of tasksDir; a group or tag stands for its tasks.") String task,
        @Setting(value = "The task's data file; by default that of dataDir, else what the task's own file names.",
                path = true, needs = "task") String data,
        @Setting(value = "The task's column names mapped to the file's, where they differ.", needs = "task")
                Map<String, String> columns,
        @Setting("Questions of one's own with answers to choose from; 'name' says what the scores are called.")
                MultipleChoiceConfig multipleChoice,
        @Setting(value = "The data file whose perplexity is measured.", path = true) String perplexity,
        @Setting(value = "Template of a document; by default that of the role's first data entry, else {text}.",
                needs = "perplexity") String text,
        @Setting(value = "Template of what is given and not scored.", needs = "completion") String prompt,
        @Setting(value = "Template of what is scored.", needs = "prompt") String completion,
        @Setting("An SQL condition over the columns; a perplexity without templates of its own takes this from the"
                + " role's first data entry too.") String where,
        @Setting(value = "The first rows only.", minimum = 1) Integer limit,
        @Setting(value = "Examples before each question; by default as many as the task's file says, else none.",
                minimum = 0) Integer shots,
        @Setting(value = "The file that examples are drawn from; by default the task's split for examples, else the"
                + " rows that are asked about, the asked one left out.", path = true, needs = "shots") String shotsData,
        @Setting("What the scores are called; by default the task's name, or parent folder/stem of the file.")
                String name,
        @Setting("Of several domains: the name of the one that is measured.") String domain,
        @Setting("Text that the base model writes, and whose perplexity is measured: what was kept, without a corpus.")
                GenerateConfig generate,
        @Setting("The column that says what an item is about, by which newly wrong and newly right items are counted;"
                + " by default the first that is there of subject, subject_name, category and topic.")
                String subject,
        @Setting(value = "Metrics of one's own beside the entry's: functions in Python, package.module:Name, that are"
                + " given all items and give a number for each.", pattern = PluginName.PATTERN) List<String> metrics,
        @Setting(value = "A function in Python that makes rows of the file's rows, as that of a data entry; a"
                + " perplexity without templates of its own takes this from the role's first data entry too.",
                pattern = PluginName.PATTERN) String transform) {

    /**
     * Which of the file's columns stand for which of the task's.
     *
     * @return the file's names by the task's; empty where all agree
     */
    @Override
    public Map<String, String> columns() {
        return columns == null ? Map.of() : columns;
    }

    /**
     * Metrics of one's own.
     *
     * @return names of functions in Python; empty without
     */
    @Override
    public List<String> metrics() {
        return metrics == null ? List.of() : metrics;
    }

    /**
     * What the scores of a task file are called, whose path or tag may have been named.
     *
     * @param task the file's own name of the task
     * @return what was set, else the task's own name
     */
    public String ownName(String task) {
        return name == null ? task : name;
    }

    /**
     * What the scores are called.
     *
     * @return what was set, or else the task's name, or parent folder/stem of the file
     */
    @Override
    public String name() {
        if (name != null) {
            return name;
        }
        if (generate != null) {
            return "own-text";
        }
        if (multipleChoice != null) {
            return nameOf(multipleChoice.path());
        }
        return task != null ? task : nameOf(perplexity);
    }

    /**
     * This entry with the file that the model's text was written to.
     *
     * @param file absolute path of a data file with a column {@value DataConfig#WRITTEN}
     * @return a copy that measures the file's perplexity
     */
    public TaskConfig ofWritten(String file) {
        return new TaskConfig(null, null, null, null, file, "{" + DataConfig.WRITTEN + "}", null, null, where, limit,
                null, null, name(), domain, null, null, metrics, transform);
    }

    /**
     * This entry on fewer rows.
     *
     * @param most how many rows at most; fewer where the entry says so
     * @return a copy
     */
    public TaskConfig withLimit(int most) {
        return new TaskConfig(task, data, columns, multipleChoice, perplexity, text, prompt, completion, where,
                limit == null ? most : Math.min(limit, most), shots, shotsData, name, domain, generate, subject,
                metrics, transform);
    }

    /**
     * This entry with other files.
     *
     * @param change makes paths of paths; is asked about those that are there
     * @return a copy
     */
    public TaskConfig withFiles(UnaryOperator<String> change) {
        MultipleChoiceConfig own = multipleChoice == null ? null : new MultipleChoiceConfig(
                change.apply(multipleChoice.path()), multipleChoice.prompt(), multipleChoice.choices(),
                multipleChoice.answer());
        return new TaskConfig(task, data == null ? null : change.apply(data), columns, own,
                perplexity == null ? null : change.apply(perplexity), text, prompt, completion, where, limit, shots,
                shotsData == null ? null : change.apply(shotsData), name, domain, generate, subject, metrics,
                transform);
    }

    /**
     * The file with the rows that are asked about.
     *
     * @return its path, or null where the task's own file or a folder of data names it
     */
    public String rows() {
        return perplexity != null ? perplexity : multipleChoice != null ? multipleChoice.path() : data;
    }

    /**
     * This entry with the rows themselves in place of where they came from and what was made of them.
     *
     * @param file absolute path of a data file, in place of {@link #rows()}
     * @return a copy without condition and transform, and of the same name
     */
    public TaskConfig ofRows(String file) {
        String old = rows();
        TaskConfig moved = withFiles(path -> path.equals(old) ? file : path);
        return new TaskConfig(moved.task, moved.data, columns, moved.multipleChoice, moved.perplexity, text, prompt,
                completion, null, limit, shots, moved.shotsData, name(), domain, generate, subject, metrics, null);
    }

    private static String nameOf(String file) {
        Path path = Path.of(file);
        String stem = path.getFileName().toString().replaceFirst("\\.[^.]*$", "");
        Path folder = path.getParent();
        return folder == null || folder.getFileName() == null ? stem : folder.getFileName() + "/" + stem;
    }
}
