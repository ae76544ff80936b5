package io.ballast.eval;

import io.ballast.data.Row;
import java.util.List;
import java.util.Optional;

/**
 * An evaluation task in Java: makes a question with answers to choose from of each row. Found by Java's
 * {@code ServiceLoader}; name the class in {@code META-INF/services/io.ballast.eval.Task}. An experiment names it as it
 * names any task, with its data: {@code {"task": "triage", "data": "triage.jsonl"}}. It is scored by {@code acc} and
 * {@code acc_norm}.
 */
public interface Task {
    /** @return what an experiment calls it; it comes before a task file of the same name */
    String name();

    /**
     * What is asked about a row. Called for each row in order, perhaps several times.
     *
     * @param row of the data file
     * @return the question; empty to leave the row out. What it throws ends the run as an
     *         {@link io.ballast.PluginException}
     */
    Optional<Choice> ask(Row row);

    /** @return to be raised when the questions change: scores of two versions are not compared */
    default int version() {
        return 1;
    }

    /**
     * A question with answers to choose from.
     *
     * @param prompt  what is given
     * @param answers at least two; each is scored after the prompt and a blank
     * @param right   index of the right one, from 0
     */
    record Choice(String prompt, List<String> answers, int right) {
        /**
         * Checks it.
         *
         * @param prompt  what is given
         * @param answers at least two
         * @param right   index of one of them
         * @throws IllegalArgumentException for fewer than two answers, or an index of none
         */
        public Choice {
            answers = List.copyOf(answers);
            if (answers.size() < 2 || right < 0 || right >= answers.size()) {
                throw new IllegalArgumentException("expected two answers or more and the index of one, found "
                        + answers.size() + " and " + right);
            }
        }
    }
}
