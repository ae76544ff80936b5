package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.data.Example;
import io.ballast.data.Row;
import io.ballast.data.Template;
import io.ballast.eval.Item.Argument;
import io.ballast.eval.TaskDefinition.ChoiceColumn;
import io.ballast.eval.TaskDefinition.ChoiceTemplates;
import io.ballast.eval.TaskDefinition.Derived;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes questions of rows by a task's definition. */
final class Questions {
    private final TaskDefinition definition;
    private final Map<String, String> columns;
    private final Template prompt;
    private final Template target;
    private final List<Template> choices;

    /**
     * @param definition what is asked
     * @param columns    the task's column names to the file's, where they differ
     * @param file       for messages
     * @throws InvalidInputException when {@code columns} names a column that the task does not have
     */
    Questions(TaskDefinition definition, Map<String, String> columns, Path file) {
        this.definition = definition;
        this.columns = columns;
        columns.keySet().stream().filter(column -> !definition.columns().contains(column)).findFirst()
                .ifPresent(column -> {
                    throw new InvalidInputException("evaluation of " + file + ": \"columns\" maps '" + column
                            + "', but task " + definition.name() + " reads " + String.join(", ", definition.columns()));
                });
        this.prompt = Template.parse(definition.prompt());
        this.target = Template.parse(definition.target());
        this.choices = definition.choices() instanceof ChoiceTemplates fixed
                ? fixed.templates().stream().map(Template::parse).toList()
                : List.of();
    }

    /**
     * @param row     of the file
     * @param id      its index
     * @param encoder of pairs
     * @return what is asked about the row
     */
    Item item(Row row, int id, PairEncoder encoder) {
        Row view = view(row);
        String context = prompt.render(view);
        List<String> answers = choices(view);
        List<Argument> arguments = definition.choices() == null
                ? List.of(new Argument(context, target.render(view)))
                : answers.stream().map(answer -> new Argument(context, TaskDefinition.DELIMITER + answer)).toList();
        Object expected = definition.choices() == null ? arguments.get(0).continuation() : gold(view, answers);
        List<Example> rows = new ArrayList<>();
        int cut = 0;
        for (Argument argument : arguments) {
            PairEncoder.Pair pair = encoder.encode(argument.context(), argument.continuation());
            Example encoded = encoder.row(pair, row);
            cut += pair.length() - encoded.ids().length;
            rows.add(encoded);
        }
        return new Item(id, row.columns(), arguments, answers, expected, rows, cut);
    }

    /** The row under the task's own column names, with the derived columns. */
    private Row view(Row row) {
        Map<String, Object> values = new LinkedHashMap<>(row.columns());
        for (String column : definition.columns()) {
            String source = columns.getOrDefault(column, column);
            if (!row.columns().containsKey(source)) {
                throw row.invalid("task " + definition.name() + " reads column '" + source + "', found "
                        + String.join(", ", row.columns().keySet())
                        + "; name the file's column with \"columns\": {\"" + column + "\": …}");
            }
            values.put(column, row.columns().get(source));
        }
        Row view = new Row(row.file(), row.line(), values);
        for (Derived derived : definition.derived()) {
            values.put(derived.column(), derived.by().apply(view.text(derived.from())));
        }
        return view;
    }

    private List<String> choices(Row view) {
        if (!(definition.choices() instanceof ChoiceColumn list)) {
            return choices.stream().map(choice -> choice.render(view)).toList();
        }
        List<?> texts = view.list(list.column());
        if (texts.isEmpty() || !texts.stream().allMatch(String.class::isInstance)) {
            throw view.invalid("expected texts to choose from in '" + list.column() + "', found " + texts);
        }
        return texts.stream().map(String.class::cast).toList();
    }

    /** Its index; or its text, as lm-eval takes it. */
    private int gold(Row view, List<String> choices) {
        String text = target.render(view).strip();
        for (int gold = 0; gold < choices.size(); gold++) {
            if (text.equals(Integer.toString(gold))) {
                return gold;
            }
        }
        int gold = choices.indexOf(text);
        if (gold < 0 || gold != choices.lastIndexOf(text)) {
            throw view.invalid("expected the right choice's index in '" + definition.target() + "', 0 to "
                    + (choices.size() - 1) + ", or the text of one of them: " + String.join(", ", choices) + "; found '"
                    + text + "'");
        }
        return gold;
    }
}
