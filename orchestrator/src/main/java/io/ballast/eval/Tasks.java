package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.eval.TaskDefinition.ChoiceColumn;
import io.ballast.eval.TaskDefinition.ChoiceTemplates;
import io.ballast.eval.TaskDefinition.Choices;
import io.ballast.eval.TaskDefinition.Derived;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The tasks that come with Ballast: prompts, choices and metrics of lm-eval 0.4.13 at no shots.
 *
 * <p>{@code hellaswag} reads {@code ctx}, lm-eval's preprocessed {@code query}, and {@code arc_easy}
 * flattened choices with the index of the right one.
 */
public final class Tasks {
    private static final List<Metric> CHOICE_METRICS = List.of(Metric.ACC, Metric.ACC_NORM);

    private static final Map<String, TaskDefinition> BY_NAME = List.of(
                    new TaskDefinition("sciq", "1.0",
                            List.of("support", "question", "distractor1", "distractor2", "distractor3",
                                    "correct_answer"),
                            List.of(new Derived("support", "support", PythonText::stripLeading)),
                            "{support}\nQuestion: {question}\nAnswer:",
                            choices("{distractor1}", "{distractor2}", "{distractor3}", "{correct_answer}"),
                            "3", CHOICE_METRICS),
                    new TaskDefinition("piqa", "1.0", List.of("goal", "sol1", "sol2", "label"), List.of(),
                            "Question: {goal}\nAnswer:", choices("{sol1}", "{sol2}"), "{label}", CHOICE_METRICS),
                    new TaskDefinition("medmcqa", "Yaml", List.of("question", "opa", "opb", "opc", "opd", "cop"),
                            List.of(),
                            "Question: {question}\nChoices:\nA. {opa}\nB. {opb}\nC. {opc}\nD. {opd}\nAnswer:",
                            choices("A", "B", "C", "D"), "{cop}", CHOICE_METRICS),
                    new TaskDefinition("hellaswag", "1.0", List.of("ctx", "endings", "label"), List.of(),
                            "{ctx}", new ChoiceColumn("endings"), "{label}", CHOICE_METRICS),
                    new TaskDefinition("arc_easy", "1.0", List.of("question", "choices", "gold"), List.of(),
                            "Question: {question}\nAnswer:", new ChoiceColumn("choices"), "{gold}", CHOICE_METRICS),
                    new TaskDefinition("lambada_openai", "1.0", List.of("text"),
                            List.of(new Derived("context", "text", Tasks::allButTheLastWord),
                                    new Derived("word", "text", Tasks::lastWord)),
                            "{context}", null, " {word}", List.of(Metric.PERPLEXITY, Metric.ACC)))
            .stream().collect(Collectors.toMap(TaskDefinition::name, Function.identity(), (a, b) -> a, TreeMap::new));

    private Tasks() {}

    /** @return the names of all tasks, sorted */
    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /**
     * @param name of a task
     * @return the task
     * @throws InvalidInputException when there is none of that name
     */
    public static TaskDefinition named(String name) {
        TaskDefinition definition = BY_NAME.get(name);
        if (definition == null) {
            throw new InvalidInputException("evaluation: there is no task '" + name + "'; the tasks are "
                    + String.join(", ", names()));
        }
        return definition;
    }

    private static Choices choices(String... templates) {
        return new ChoiceTemplates(List.of(templates));
    }

    /** {@code ' '.join(text.split(' ')[:-1])}: empty for a text without a space. */
    private static String allButTheLastWord(String text) {
        return text.substring(0, Math.max(0, text.lastIndexOf(' ')));
    }

    /** {@code text.split(' ')[-1]}. */
    private static String lastWord(String text) {
        return text.substring(text.lastIndexOf(' ') + 1);
    }
}
