package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskSpaceTest {
    private static final long MEBIBYTE = 1 << 20;
    @TempDir
    Path folder;

    @Test
    void anEighthIsTriedOfWhatWillBeWrittenAndOfWhatIsFree() {
        assertEquals(16 * MEBIBYTE, DiskSpace.triedBytes(1, Long.MAX_VALUE));
        assertEquals(512 * MEBIBYTE, DiskSpace.triedBytes(4096 * MEBIBYTE, Long.MAX_VALUE));
        assertEquals(1024 * MEBIBYTE, DiskSpace.triedBytes(1L << 40, Long.MAX_VALUE));
        assertEquals(64 * MEBIBYTE, DiskSpace.triedBytes(1L << 40, 512 * MEBIBYTE));
    }

    @Test
    void theTrialLeavesNothingBehindAndNeedsNoFolder() throws IOException {
        assertTrue(DiskSpace.secondsToWrite(folder.resolve("to/be/made"), 1 << 20) > 0);
        try (var left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
    }
}
