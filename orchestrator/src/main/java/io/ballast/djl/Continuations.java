package io.ballast.djl;

import io.ballast.Continuation;
import io.ballast.Model;
import io.ballast.eval.Likelihood;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Texts that could go on from a context, to be scored.
 *
 * @param context what comes before each of them; may be empty
 * @param texts   what is scored; each usually begins with a space
 */
public record Continuations(String context, List<String> texts) {
    /**
     * Copies what it is given.
     *
     * @param context what comes before each of them; may be empty
     * @param texts   what is scored
     */
    public Continuations {
        Objects.requireNonNull(context, "context");
        texts = List.copyOf(texts);
    }

    /** All texts of all contexts in one call. */
    static List<float[]> score(Model model, List<Continuations> asked) {
        Iterator<Likelihood> likelihoods = model.score(asked.stream().flatMap(Continuations::each).toList()).iterator();
        return asked.stream().map(one -> one.logProbabilities(likelihoods)).toList();
    }

    private Stream<Continuation> each() {
        return texts.stream().map(text -> new Continuation(context, text));
    }

    private float[] logProbabilities(Iterator<Likelihood> likelihoods) {
        float[] nats = new float[texts.size()];
        for (int i = 0; i < nats.length; i++) {
            nats[i] = (float) likelihoods.next().logProbability();
        }
        return nats;
    }

    /**
     * Texts that could go on from a context.
     *
     * @param context what comes before each of them
     * @param texts   what is scored
     * @return all together
     */
    public static Continuations of(String context, String... texts) {
        return new Continuations(context, List.of(texts));
    }
}
