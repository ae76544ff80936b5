package io.ballast.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much room there is for what will be written. */
public final class DiskSpace {
    private DiskSpace() {
    }

    /**
     * Asks the disk of a folder that may yet have to be made.
     *
     * @param folder where something will be written
     * @return bytes that can still be written there
     * @throws IOException when the disk does not tell
     */
    public static long freeBytes(Path folder) throws IOException {
        return Files.getFileStore(existing(folder.toAbsolutePath())).getUsableSpace();
    }

    private static Path existing(Path folder) {
        return Files.exists(folder) || folder.getParent() == null ? folder : existing(folder.getParent());
    }
}
