package io.ballast.config;

/**
 * Where rows come from and how a row becomes text: {@code text}, or {@code prompt} with
 * {@code completion}, or {@code messages}. {@code {field}} is a column; {@code {{} and {@code }}} are braces.
 *
 * @param path       absolute path of a .jsonl, .csv or .parquet file, {@code hf://datasets/org/name/file}, or an
 *                   address of a source of one's own, {@code scheme://…}
 * @param where      an SQL condition over the columns, or null for all rows
 * @param text       template of a whole document
 * @param prompt     template of what is read and not learned
 * @param completion template of what is learned
 * @param messages   name of the column with chat messages ({@code role}, {@code content})
 * @param weight     how often each row stands in an epoch; a fraction takes that share, by the seed
 * @param endOfText  whether a text row ends with the tokenizer's EOS
 * @param generate   text that the model writes in place of a file, or null
 * @param transform  a function in Python that makes rows of the rows that {@code where} leaves, or null
 */
@Alternatives(value = {"path", "generate"}, required = true)
@Alternatives(value = {"text", "completion", "messages", "generate"}, required = true)
public record DataConfig(
        @Setting(value = "A .jsonl, .csv or .parquet file, hf://datasets/org/name/file, or SCHEME://… of a source in"
                + " Java.", path = true) String path,
        @Setting("An SQL condition over the columns; rows for which it does not hold are left out.") String where,
        @Setting("Template of a whole document, all of it learned: {field} is a column.") String text,
        @Setting(value = "Template of what the model reads and does not learn.", needs = "completion") String prompt,
        @Setting(value = "Template of what the model learns to write after the prompt.", needs = "prompt")
                String completion,
        @Setting("Column with chat messages (role, content), rendered by the model's chat template.") String messages,
        @Setting(value = "How often each row stands in an epoch; a fraction takes that share.", byDefault = "1",
                minimum = 0, exclusiveMinimum = true) double weight,
        @Setting(value = "Whether a text row ends with the tokenizer's end-of-text token.", byDefault = "false")
                boolean endOfText,
        @Setting("Text that the model writes itself, in place of a file: for those without general text (arXiv"
                + " 2403.01244).") GenerateConfig generate,
        @Setting(value = "A function in Python, package.module:Name, that is given lists of rows and gives the rows"
                + " that the templates are filled from.", needs = "path",
                pattern = PluginName.PATTERN) String transform) {

    /** The column in which text that a model wrote is kept. */
    public static final String WRITTEN = "text";

    /**
     * This entry with a file in place of where its rows came from.
     *
     * @param file absolute path of a data file
     * @return a copy; text that the model wrote has become a file with a column {@value #WRITTEN}
     */
    public DataConfig from(String file) {
        return new DataConfig(file, where, generate == null ? text : "{" + WRITTEN + "}", prompt, completion, messages,
                weight, endOfText, null, transform);
    }

    /**
     * This entry with the rows themselves in place of where they came from and what was made of them.
     *
     * @param file absolute path of a data file
     * @return a copy without condition and transform
     */
    public DataConfig ofRows(String file) {
        return new DataConfig(file, null, text, prompt, completion, messages, weight, endOfText, null, null);
    }
}
