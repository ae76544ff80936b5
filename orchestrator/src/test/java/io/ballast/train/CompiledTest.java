package io.ballast.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ballast.Result;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** PyTorch's compiler works in a Python that a JVM embeds. */
@Tag("one-jdk")
class CompiledTest extends TinyRuns {
    private Result run(boolean compile) throws Exception {
        return start(new TinyExperiment(folder, "llama-tied").with("model.compile", String.valueOf(compile))
                .with("general.steps", "2").with("domain.steps", "2")).result();
    }

    @Test
    void aRunWithCompiledBlocksScoresWhatItScoresWithout() throws Exception {
        Result expected = run(false);
        Result found = run(true);
        assertEquals(expected.scores().size(), found.scores().size());
        for (int i = 0; i < expected.scores().size(); i++) {
            assertEquals(expected.scores().get(i).value(), found.scores().get(i).value(), 1e-3,
                    expected.scores().get(i).task());
        }
    }
}
