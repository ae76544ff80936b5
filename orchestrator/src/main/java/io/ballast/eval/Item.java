package io.ballast.eval;

import io.ballast.data.Example;
import java.util.List;

/**
 * One document of a task and what is asked about it.
 *
 * @param id        index of the document, from 0
 * @param doc       the document, as Gson writes it
 * @param hashes    by which it is known to be the same
 * @param arguments the texts of each request
 * @param choices   the possible answers, empty where there is no choice
 * @param gold      indices of the right choices; empty without choices
 * @param target    the right answer as lm-eval writes it: an index, or a text
 * @param rows      the token rows that are scored; one an argument, or the windows of one text
 * @param generation what is generated, or null where likelihoods are asked for
 * @param cutTokens tokens that did not fit into the model's window and are not read
 */
public record Item(int id, Object doc, ItemHashes hashes, List<Argument> arguments, List<String> choices,
        List<Integer> gold, String target, List<Example> rows, Generation generation, int cutTokens) {
    /**
     * A text to be generated.
     *
     * @param request  the prompt in tokens, and how it is completed
     * @param keywords the same as the task's file says it, as Gson writes it
     */
    public record Generation(GenerationRequest request, Object keywords) {
    }

    /** @return whether a whole text is scored, if need be in windows */
    boolean isWholeText() {
        return arguments.get(0).context() == null;
    }

    /**
     * A request in words.
     *
     * @param context      what is given, or null where a whole text is scored
     * @param continuation what is scored, or null where it is generated
     */
    public record Argument(String context, String continuation) {
        /** Context and continuation. */
        static Argument of(List<String> texts) {
            return new Argument(texts.get(0), texts.size() > 1 ? texts.get(1) : null);
        }

        /** @return the texts in lm-eval's order */
        List<String> texts() {
            return context == null ? List.of(continuation)
                    : continuation == null ? List.of(context) : List.of(context, continuation);
        }

        /** @return what is given, or the whole text that is scored */
        public String prompt() {
            return context == null ? continuation : context;
        }
    }
}
