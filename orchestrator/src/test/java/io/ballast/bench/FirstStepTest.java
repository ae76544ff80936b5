package io.ballast.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("one-jdk")
class FirstStepTest {
    @TempDir
    Path folder;

    @Test
    void bothSidesTakeTheSameStep() throws IOException {
        // Another loss would be an error.
        BenchmarkRequest request = Requests.tiny(1);
        Measurement measured = new FirstStep(request, request.ballast(), folder).measure(1);
        assertEquals("startup, first training step", measured.name());
        assertTrue(measured.ours() > 0 && measured.theirs() > 0);
    }
}
