package io.ballast.eval;

import com.google.gson.JsonObject;
import java.util.List;

/**
 * What a task asks about one document, as {@code ballast.tasks} puts it.
 *
 * @param doc        the document
 * @param docHash    lm-eval's hash of it
 * @param promptHash of the first request's context
 * @param targetHash of the right answer
 * @param arguments  the texts of each request
 * @param choices    the answers to choose from; none for other kinds
 * @param gold       indices of the right choices
 * @param target     the right answer as lm-eval writes it
 */
record Question(JsonObject doc, String docHash, String promptHash, String targetHash, List<List<String>> arguments,
        List<String> choices, List<Integer> gold, String target) {
    ItemHashes hashes() {
        return new ItemHashes(docHash, promptHash, targetHash);
    }
}
