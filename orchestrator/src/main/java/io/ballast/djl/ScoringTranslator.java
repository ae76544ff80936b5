package io.ballast.djl;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.djl.util.passthrough.PassthroughNDArray;

/** Scores continuations: the log-probability of each, given its context, in nats. */
public final class ScoringTranslator implements Translator<Continuations, float[]> {
    /** It has no settings. */
    public ScoringTranslator() {
        // Everything is in the input.
    }

    @Override
    public NDList processInput(TranslatorContext context, Continuations input) {
        return new NDList(new PassthroughNDArray(context.getNDManager(), input));
    }

    @Override
    public float[] processOutput(TranslatorContext context, NDList output) {
        return (float[]) BallastBlock.held(output.singletonOrThrow());
    }

    @Override
    public Batchifier getBatchifier() {
        return SideBySide.BATCHIFIER;
    }
}
