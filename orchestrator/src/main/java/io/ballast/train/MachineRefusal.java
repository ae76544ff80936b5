package io.ballast.train;

import io.ballast.BallastException;
import io.ballast.DeviceOutOfMemoryException;
import io.ballast.MissingEnvironmentException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the machine refuses, wherever it was met, told as such: room on a disk, leave to write, room on Java's heap. */
public final class MachineRefusal {
    /** As the C library has them; the JDK passes them on as a text and nothing else. */
    private static final List<String> FULL = List.of("No space left on device", "Disk quota exceeded", "File too large");
    private static final String CLOSED = "Read-only file system";
    private static final int MEBIBYTE = 1 << 20;

    private MachineRefusal() {
    }

    /**
     * Makes a typed exception of what went wrong.
     *
     * @param failed what was thrown
     * @param folder that was written to, as far as is known
     * @return an exception whose message says what to do, with {@code failed} as its cause; empty where the machine
     *         refused nothing, or it is told already
     */
    public static Optional<BallastException> of(Throwable failed, Path folder) {
        if (failed instanceof BallastException told && told.exitCode() != 1) {
            return Optional.empty();
        }
        List<Throwable> causes = Stream.iterate(failed, cause -> cause != null, Throwable::getCause).limit(20).toList();
        if (causes.stream().anyMatch(OutOfMemoryError.class::isInstance)) {
            return Optional.of(heap(failed));
        }
        return causes.stream().filter(IOException.class::isInstance).findFirst()
                .flatMap(refused -> disk((IOException) refused, failed, folder));
    }

    private static BallastException heap(Throwable failed) {
        return new DeviceOutOfMemoryException("Expected that Java's heap has room; found that its "
                + Runtime.getRuntime().maxMemory() / MEBIBYTE + " MiB are full (" + failed + "). Give it more: -Xmx where"
                + " Java is started, BALLAST_JAVA_OPTIONS=-Xmx4g before ./ballast. Very long rows and many evaluation items"
                + " need it; models and tokenized data lie outside of it.", failed);
    }

    private static Optional<BallastException> disk(IOException refused, Throwable failed, Path folder) {
        String said = String.valueOf(refused.getMessage());
        String where = folder + " (" + (failed.getMessage() == null ? said : failed.getMessage()) + ")";
        if (FULL.stream().anyMatch(said::contains)) {
            return Optional.of(new MissingEnvironmentException("Expected room on the disk for " + where + "; found "
                    + freeBytes(folder) + " and " + refused + ". Free some, or name a folder on another disk.",
                    failed));
        }
        if (said.contains(CLOSED)) {
            return Optional.of(new MissingEnvironmentException("Expected a folder that can be written at " + where
                    + "; found " + refused + ". Let it be written, or name another folder.", failed));
        }
        if (refused instanceof AccessDeniedException) {
            return Optional.of(new MissingEnvironmentException("Expected leave to read and to write " + said + "; found "
                    + refused + ". Change its permissions, or run Ballast as a user who has them.", failed));
        }
        return Optional.empty();
    }

    private static String freeBytes(Path folder) {
        try {
            return "%,d bytes free".formatted(Files.getFileStore(folder).getUsableSpace());
        } catch (IOException unknown) {
            return "no free bytes";
        }
    }
}
