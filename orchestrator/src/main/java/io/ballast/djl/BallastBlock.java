package io.ballast.djl;

import ai.djl.inference.streaming.StreamingBlock;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.AbstractSymbolBlock;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import ai.djl.util.passthrough.PassthroughNDArray;
import java.util.Iterator;
import java.util.List;

/** What DJL's predictors call: an array holds a {@link Prompt} or a {@link Continuations}, and a list is a batch. */
final class BallastBlock extends AbstractSymbolBlock implements StreamingBlock {
    private final io.ballast.Model model;
    private final NDManager manager;

    BallastBlock(io.ballast.Model model, NDManager manager) {
        this.model = model;
        this.manager = manager;
    }

    @Override
    protected NDList forwardInternal(ParameterStore parameters, NDList inputs, boolean training,
            PairList<String, Object> settings) {
        List<Object> asked = inputs.stream().map(BallastBlock::held).toList();
        List<?> answers = asked.stream().allMatch(Continuations.class::isInstance)
                ? Continuations.score(model, asked.stream().map(Continuations.class::cast).toList())
                : Prompt.complete(model, asked.stream().map(BallastBlock::prompt).toList());
        return new NDList(answers.stream().map(this::array).toArray(NDArray[]::new));
    }

    @Override
    public Iterator<NDList> forwardStreamIter(ParameterStore parameters, NDList inputs, boolean training,
            PairList<String, Object> settings) {
        TextPieces pieces = TextPieces.of(model, prompt(held(inputs.singletonOrThrow())));
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return pieces.hasNext();
            }

            @Override
            public NDList next() {
                return new NDList(array(pieces.next()));
            }
        };
    }

    /** PyTorch holds them. */
    @Override
    public ParameterList getDirectParameters() {
        return new ParameterList();
    }

    private NDArray array(Object object) {
        return new PassthroughNDArray(manager, object);
    }

    static Object held(NDArray array) {
        return array instanceof PassthroughNDArray passing ? passing.getObject() : array;
    }

    private static Prompt prompt(Object object) {
        if (object instanceof Prompt prompt) {
            return prompt;
        }
        throw new IllegalArgumentException("Expected the arrays of Ballast's translators; found "
                + object.getClass().getName() + ". Use GenerationTranslator, StreamingGenerationTranslator or"
                + " ScoringTranslator.");
    }
}
