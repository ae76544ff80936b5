package io.ballast.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.translate.Batchifier;
import java.util.Arrays;

/** A batch of inputs of one array each is the list of these arrays: texts are padded where they are tokens. */
final class SideBySide implements Batchifier {
    /** It has no state. */
    static final SideBySide BATCHIFIER = new SideBySide();
    private static final long serialVersionUID = 1L;

    private SideBySide() {
    }

    @Override
    public NDList batchify(NDList[] inputs) {
        return new NDList(Arrays.stream(inputs).flatMap(NDList::stream).toArray(NDArray[]::new));
    }

    @Override
    public NDList[] unbatchify(NDList batch) {
        return batch.stream().map(array -> new NDList(array)).toArray(NDList[]::new);
    }
}
