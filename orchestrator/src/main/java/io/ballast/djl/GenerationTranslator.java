package io.ballast.djl;

import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.djl.util.passthrough.PassthroughNDArray;
import io.ballast.Generation;

/** Lets a model go on from a prompt. The answer is what it wrote, without the prompt. */
public final class GenerationTranslator implements Translator<String, String> {
    private final Generation how;

    /** @param how how it is written, the same for all prompts */
    public GenerationTranslator(Generation how) {
        this.how = how;
    }

    @Override
    public NDList processInput(TranslatorContext context, String input) {
        return new NDList(new PassthroughNDArray(context.getNDManager(), new Prompt(input, how)));
    }

    @Override
    public String processOutput(TranslatorContext context, NDList output) {
        return (String) BallastBlock.held(output.singletonOrThrow());
    }

    @Override
    public Batchifier getBatchifier() {
        return SideBySide.BATCHIFIER;
    }
}
