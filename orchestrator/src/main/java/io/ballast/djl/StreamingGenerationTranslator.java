package io.ballast.djl;

import ai.djl.inference.streaming.StreamingTranslator;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import ai.djl.translate.TranslatorContext;
import ai.djl.util.passthrough.PassthroughNDArray;
import io.ballast.Generation;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Lets a model go on from a prompt and hands out what it writes while it writes it:
 * {@code predictor.streamingPredict(prompt).getIterativeOutput()}. With {@code predict} the stream has one piece, the
 * whole text.
 */
public final class StreamingGenerationTranslator implements StreamingTranslator<String, TextStream> {
    private static final String PROMPT = "prompt";

    private final Generation how;

    /** @param how how it is written, the same for all prompts */
    public StreamingGenerationTranslator(Generation how) {
        this.how = how;
    }

    @Override
    public NDList processInput(TranslatorContext context, String input) {
        Prompt prompt = new Prompt(input, how);
        context.setAttachment(PROMPT, prompt);
        return new NDList(new PassthroughNDArray(context.getNDManager(), prompt));
    }

    @Override
    public TextStream processOutput(TranslatorContext context, NDList output) {
        return new TextStream(List.of(text(output)).iterator(), () -> { });
    }

    @Override
    public StreamOutput<TextStream> processStreamOutput(TranslatorContext context, Stream<NDList> pieces) {
        Prompt prompt = (Prompt) context.getAttachment(PROMPT);
        Iterator<String> texts = pieces.map(StreamingGenerationTranslator::text).iterator();
        return new Pieces(new TextStream(MeasuredPieces.of(texts, context.getMetrics()), () -> {
            prompt.stopped().set(true);
            pieces.close();
        }));
    }

    private static String text(NDList output) {
        return (String) BallastBlock.held(output.singletonOrThrow());
    }

    @Override
    public Support getSupport() {
        return Support.ITERATIVE;
    }

    @Override
    public Batchifier getBatchifier() {
        return SideBySide.BATCHIFIER;
    }

    /** DJL's asynchronous form would run on the caller's thread, which an iterator does as well. */
    private static final class Pieces extends StreamOutput<TextStream> {
        private final TextStream stream;

        Pieces(TextStream stream) {
            this.stream = stream;
        }

        @Override
        protected TextStream buildAsyncOutput() {
            throw new UnsupportedOperationException("Expected getIterativeOutput(), which this translator supports;"
                    + " found getAsyncOutput(). Ask for the former.");
        }

        @Override
        protected void computeAsyncOutputInternal(TextStream output) {
            buildAsyncOutput();
        }

        @Override
        public TextStream getIterativeOutputInternal() {
            return stream;
        }
    }
}
