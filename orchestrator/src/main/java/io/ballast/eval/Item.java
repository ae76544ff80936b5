package io.ballast.eval;

import io.ballast.data.Example;
import java.util.List;
import java.util.Map;

/**
 * One row of an evaluation's file and what is asked about it.
 *
 * @param id        index of the row, from 0
 * @param columns   the row as the file has it
 * @param arguments the texts of each request: context and continuation, or a whole text
 * @param choices   the possible answers, empty where there is no choice
 * @param target    index of the right choice (an {@link Integer}), or the text that is scored
 * @param rows      the token rows that are scored; one an argument, or the windows of one text
 * @param cutTokens tokens that did not fit into the model's window and are not read
 */
public record Item(int id, Map<String, Object> columns, List<Argument> arguments, List<String> choices,
        Object target, List<Example> rows, int cutTokens) {
    /** @return lm-eval's hashes */
    public ItemHashes hashes() {
        return ItemHashes.of(PythonJson.dump(columns), arguments.get(0).texts().get(0), target.toString());
    }

    /**
     * A request in words.
     *
     * @param context      what is given, or null where a whole text is scored
     * @param continuation what is scored
     */
    public record Argument(String context, String continuation) {
        /** @return the texts in lm-eval's order */
        List<String> texts() {
            return context == null ? List.of(continuation) : List.of(context, continuation);
        }
    }
}
