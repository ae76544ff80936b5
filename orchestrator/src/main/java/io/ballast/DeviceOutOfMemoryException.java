package io.ballast;

/**
 * The device (or the host, for a model on the CPU) had no memory left for a tensor, or Java's heap none for something else.
 * Exit code 4.
 */
public final class DeviceOutOfMemoryException extends TrainingFailedException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what was asked for, and which settings would need less
     * @param cause   what it was noticed by
     */
    public DeviceOutOfMemoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
