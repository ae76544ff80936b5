package io.ballast.python;

import static io.ballast.python.BridgeValues.list;

import java.nio.file.Path;
import java.util.List;

/**
 * The functions of {@code ballast.bridge} about evaluation tasks. Descriptions, rows and questions cross as JSON texts of
 * a few hundred rows each. See the package for the rules on threads and errors; a handle is released by
 * {@link Bridge#release(long)}.
 */
public final class TaskCalls {
    private final Bridge bridge;

    TaskCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Indexes task files, once for all names that are looked up.
     *
     * @param directories folders with task files; a name that Ballast ships too is theirs
     * @return handle of the index
     * @throws io.ballast.InvalidInputException when a folder is not there
     */
    public long openDirectory(List<Path> directories) {
        return ((Number) bridge.invoke("open_task_directory", directories.stream().map(Path::toString).toList()))
                .longValue();
    }

    /**
     * Finds tasks by name.
     *
     * @param names     of tasks, groups or tags; or paths of task files
     * @param directory handle of an index
     * @return JSON: {@code {"tasks": [{"name", "file", "content"}], "groups": [{"name", "alias", "version", "children",
     *         "metrics"}]}}; of file and content one is null
     * @throws io.ballast.InvalidInputException for a name that nothing has, with the nearest
     */
    public String find(List<String> names, long directory) {
        return (String) bridge.invoke("find_tasks", names, directory);
    }

    /**
     * Opens a task file.
     *
     * @param file      its path
     * @param trustCode whether its own Python code may run
     * @return its handle
     * @throws io.ballast.InvalidInputException when the file cannot be used, or calls code without leave
     */
    public long open(Path file, boolean trustCode) {
        return ((Number) bridge.invoke("open_task", file.toString(), trustCode)).longValue();
    }

    /**
     * Opens a task that a group changes.
     *
     * @param content   JSON: the keys of a task file
     * @param trustCode whether its own Python code may run
     * @return its handle
     * @throws io.ballast.InvalidInputException as {@link #open}
     */
    public long openOf(String content, boolean trustCode) {
        return ((Number) bridge.invoke("open_task_of", content, trustCode)).longValue();
    }

    /**
     * Opens a multiple-choice task of one's own.
     *
     * @param name    of the task
     * @param prompt  template of the question, {@code {column}}
     * @param choices templates of the answers
     * @param answer  template of the right one: its index or its text
     * @return its handle
     * @throws io.ballast.InvalidInputException for a template that cannot be read
     */
    public long openOwn(String name, String prompt, List<String> choices, String answer) {
        return ((Number) bridge.invoke("open_own_task", name, prompt, choices, answer)).longValue();
    }

    /**
     * @param task its handle
     * @return what the task is, as JSON
     */
    public String describe(long task) {
        return (String) bridge.invoke("describe_task", task);
    }

    /**
     * Local copies of the files of the task's hub data set.
     *
     * @param task  its handle
     * @param split of the data set
     * @return the files
     * @throws io.ballast.InvalidInputException       when the hub has no such data set or split
     * @throws io.ballast.MissingEnvironmentException when the hub cannot be reached and the cache does not have them
     */
    public List<Path> dataFiles(long task, String split) {
        return list(bridge.invoke("task_data_files", task, split, null, null)).stream()
                .map(file -> Path.of((String) file)).toList();
    }

    /**
     * Hands rows over.
     *
     * @param task  its handle
     * @param split {@code test}: what is asked about, or {@code fewshot}: what examples are drawn from
     * @param rows  JSON: a list of objects
     */
    public void addRows(long task, String split, String rows) {
        bridge.invoke("add_task_rows", task, split, rows);
    }

    /**
     * Makes documents of the rows and starts the draws.
     *
     * @param task  its handle
     * @param shots examples before each question
     * @param limit the first documents only, or null
     * @param seed  of the draws
     * @return how many documents there are without the limit
     * @throws io.ballast.InvalidInputException when {@code process_docs} fails or there are too few examples
     */
    public int prepare(long task, int shots, Integer limit, long seed) {
        return ((Number) bridge.invoke("prepare_task", task, shots, limit, seed)).intValue();
    }

    /**
     * What is asked about the next documents; asked in order, since the draws go on.
     *
     * @param task  its handle
     * @param start index of the first
     * @param count most of them
     * @return JSON: a list of questions
     * @throws io.ballast.InvalidInputException for a template that cannot be filled or a right answer that is none of
     *                                          the choices, with task and row
     */
    public String questions(long task, int start, int count) {
        return (String) bridge.invoke("task_questions", task, start, count);
    }

    /**
     * What answers are worth, of a task that scores them in Python.
     *
     * @param task      its handle
     * @param start     index of the first document
     * @param responses JSON: for each document a text, or a list of {@code [log-probability, greedy]}, one an argument
     * @return JSON: for each document a list of {@code {"filter", "filtered", "metrics"}}
     */
    public String results(long task, int start, String responses) {
        return (String) bridge.invoke("task_results", task, start, responses);
    }

    /**
     * A metric that is a function of all items at once.
     *
     * @param task   its handle
     * @param metric its name
     * @param values JSON: a list of what {@link #results} gave for each item
     * @return JSON: {@code [value, standard error or null]}
     * @throws io.ballast.InvalidInputException when the task's own code fails, or the values are none of such a metric
     */
    public String aggregate(long task, String metric, String values) {
        return (String) bridge.invoke("aggregate_task", task, metric, values);
    }

    /**
     * The standard error of lm-eval's {@code perplexity}: of 100,000 bootstrap draws by Python's own generator.
     *
     * @param logLikelihoods one an item, in nats
     * @return of exp(−mean)
     */
    public double perplexityStandardError(List<Double> logLikelihoods) {
        return ((Number) bridge.invoke("perplexity_standard_error", logLikelihoods)).doubleValue();
    }
}
