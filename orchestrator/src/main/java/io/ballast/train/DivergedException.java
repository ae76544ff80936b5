package io.ballast.train;

import io.ballast.TrainingFailedException;

/** A loss or gradient of training is not finite. All ranks notice it after the same step. */
final class DivergedException extends TrainingFailedException {
    private static final long serialVersionUID = 1L;

    DivergedException(String message) {
        super(message);
    }
}
