package io.ballast.compare;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.ballast.eval.Contribution;
import io.ballast.eval.Item;
import io.ballast.eval.ItemResult;
import io.ballast.eval.Likelihood;
import io.ballast.eval.LikelihoodMetrics;
import io.ballast.eval.Metric;
import io.ballast.eval.ItemHashes;
import java.util.List;
import java.util.Map;

/**
 * One item and what a model made of it: what a run knows of it in memory, or a line of a samples file.
 *
 * @param id               index of the row, lm-eval's {@code doc_id}
 * @param hashes           by which it is known to be the same item
 * @param doc              the row, as Gson writes it
 * @param prompt           what is given, or the whole text that is scored
 * @param choices          the possible answers; none where there is no choice
 * @param target           index of the right choice (an {@link Integer}), or a text
 * @param logProbabilities one a choice, in nats, or of the one text; none of what was generated
 * @param answer           of an item without choices: whether the text was the most likely one, or what was generated
 * @param contributions    what it adds to each metric, by the metric's key
 */
record RecordedItem(int id, ItemHashes hashes, Object doc, String prompt, List<String> choices, Object target,
        List<Double> logProbabilities, Object answer, Map<String, Contribution> contributions) {

    static RecordedItem of(ItemResult result) {
        Item item = result.item();
        Object target = item.gold().size() == 1 ? item.gold().get(0) : item.target();
        List<Likelihood> likelihoods = result.answer().ofChoices(item);
        return new RecordedItem(item.id(), item.hashes(), item.doc(), item.arguments().get(0).prompt(), item.choices(),
                target, likelihoods.stream().map(Likelihood::logProbability).toList(),
                likelihoods.isEmpty() ? result.answer().text() : (Object) likelihoods.get(0).greedy(),
                result.contributions());
    }

    /** @return whether the model is right, by a metric that says right or wrong */
    boolean isRight(Metric metric) {
        return contributions.get(metric.key()).total() > 0;
    }

    /**
     * @param column of the row
     * @return its value, null where there is none or it is neither a text nor a number
     */
    String text(String column) {
        Object value = doc instanceof JsonObject object ? object.get(column) : ((Map<?, ?>) doc).get(column);
        if (value instanceof JsonPrimitive primitive) {
            return primitive.getAsString();
        }
        return value instanceof String || value instanceof Number ? value.toString() : null;
    }

    /** @return of each choice among the choices, the softmax of their log-likelihoods; of a text without choices its own */
    List<Double> probabilities() {
        if (choices.isEmpty()) {
            return logProbabilities.stream().map(Math::exp).toList();
        }
        return LikelihoodMetrics.softmax(logProbabilities);
    }

    /** @return index of the most likely choice; without choices the {@link #answer()} */
    Object chosen() {
        return choices.isEmpty() ? answer : (Object) mostLikely();
    }

    /** @return index of the most likely choice, the first of equal ones */
    int mostLikely() {
        return LikelihoodMetrics.firstMaximum(logProbabilities.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
