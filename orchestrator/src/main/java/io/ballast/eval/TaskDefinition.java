package io.ballast.eval;

import io.ballast.data.Template;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * What a task asks, as data. Templates are those of {@link io.ballast.data.Template}: {@code {column}}.
 * The names in brackets are lm-eval's.
 *
 * @param name    the task's name, equal to lm-eval's
 * @param version lm-eval's version of it; its results carry "Yaml" for a task without one
 * @param columns what a row must have
 * @param derived columns made from others before the templates see the row
 * @param prompt  template of the context ({@code doc_to_text})
 * @param choices the possible answers ({@code doc_to_choice}), or null where one continuation is scored
 * @param target  template of the right choice's index, or of the continuation ({@code doc_to_target})
 * @param metrics what is reported
 */
public record TaskDefinition(String name, String version, List<String> columns, List<Derived> derived, String prompt,
        Choices choices, String target, List<Metric> metrics) {

    /** Stands between a prompt and a choice; lm-eval's default {@code target_delimiter}. */
    public static final String DELIMITER = " ";
    /** lm-eval's version of a task that has none. */
    private static final String UNVERSIONED = "Yaml";

    /**
     * A task of one's own.
     *
     * @param name    the task's name
     * @param prompt  template of the question
     * @param choices templates of the answers
     * @param answer  template of the right one: its index or its text
     * @return the task, with {@code acc} and {@code acc_norm}
     * @throws io.ballast.InvalidInputException when a template cannot be read
     */
    static TaskDefinition multipleChoice(String name, String prompt, List<String> choices, String answer) {
        List<String> columns = Stream.concat(Stream.of(prompt, answer), choices.stream())
                .flatMap(template -> Template.parse(template).fields().stream()).distinct().toList();
        return new TaskDefinition(name, UNVERSIONED, columns, List.of(), prompt, new ChoiceTemplates(choices), answer,
                List.of(Metric.ACC, Metric.ACC_NORM));
    }

    /** @return lm-eval's {@code output_type} */
    public String outputType() {
        return choices == null ? "loglikelihood" : "multiple_choice";
    }

    /** The possible answers: a template each, or one column that holds a list of them. */
    public sealed interface Choices {
        /** @return as lm-eval's {@code doc_to_choice} would say it: a list of templates or a column's name */
        Object toJson();
    }

    /**
     * A fixed number of choices.
     *
     * @param templates one a choice
     */
    public record ChoiceTemplates(List<String> templates) implements Choices {
        @Override
        public Object toJson() {
            return templates;
        }
    }

    /**
     * As many choices as a row has.
     *
     * @param column of lists of texts
     */
    public record ChoiceColumn(String column) implements Choices {
        @Override
        public Object toJson() {
            return column;
        }
    }

    /**
     * A column made from a text column.
     *
     * @param column what templates call it
     * @param from   what it is made from
     * @param by     how
     */
    public record Derived(String column, String from, UnaryOperator<String> by) {
    }
}
