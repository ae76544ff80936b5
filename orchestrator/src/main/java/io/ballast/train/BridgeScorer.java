package io.ballast.train;

import io.ballast.eval.TokenScorer;
import io.ballast.python.Bridge;

import java.nio.FloatBuffer;
import java.nio.LongBuffer;

/**
 * Scores tokens by a model behind the bridge.
 *
 * @param bridge to Python
 * @param model  its handle
 */
public record BridgeScorer(Bridge bridge, long model) implements TokenScorer {
    @Override
    public void score(LongBuffer slot, int rows, int length, FloatBuffer output) {
        bridge.score(model, slot, rows, length, false, output);
    }
}
