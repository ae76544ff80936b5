package io.ballast.train;

import io.ballast.eval.TokenScorer;
import io.ballast.python.Bridge;
import io.ballast.ranks.Rounds;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Locale;

/**
 * Scores tokens by a model behind the bridge.
 *
 * @param bridge to Python
 * @param model  its handle
 */
public record BridgeScorer(Bridge bridge, long model) implements TokenScorer {
    @Override
    public Sharing sharing() {
        return Sharing.valueOf(bridge.scoring().sharing(model).toUpperCase(Locale.ROOT));
    }

    @Override
    public long readPrefix(LongBuffer ids, int length) {
        return bridge.scoring().readPrefix(model, ids, length);
    }

    @Override
    public void releasePrefix(long prefix) {
        bridge.scoring().releasePrefix(prefix);
    }

    @Override
    public void score(long prefix, LongBuffer slot, int rows, int length, int targets, boolean branched,
            FloatBuffer output) {
        bridge.scoring().score(model, prefix, slot, rows, length, targets, branched, output);
    }

    @Override
    public Rounds rounds() {
        return new Rounds(bridge.ranks(), model);
    }
}
