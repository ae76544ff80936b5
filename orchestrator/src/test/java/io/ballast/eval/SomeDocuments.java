package io.ballast.eval;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** What made-up documents add to a perplexity. */
public final class SomeDocuments {
    private SomeDocuments() {}

    /** Documents of 5 to 104 tokens whose nats per token vary around 1.5. */
    public static List<Contribution> of(Random random, int n) {
        return IntStream.range(0, n).mapToObj(i -> {
            int tokens = 5 + random.nextInt(100);
            return new Contribution(tokens * (1.5 + 0.5 * random.nextGaussian()), tokens);
        }).toList();
    }
}
