package io.ballast.train;

import io.ballast.Ballast;
import io.ballast.Run;
import io.ballast.RunListener;
import io.ballast.model.ModelFolder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/**
 * What tests share that run experiments on tiny models: a Ballast that is open for all tests of a class, and a folder
 * for each. There is one Ballast in a JVM, so such classes run one after another.
 */
public abstract class TinyRuns {
    /** Open for all tests of a class. */
    protected static Ballast ballast;

    /** New for each test. */
    @TempDir
    protected Path folder;

    @BeforeAll
    static void open() {
        ballast = Ballast.open();
    }

    @AfterAll
    static void close() {
        ballast.close();
    }

    static Run start(TinyExperiment tiny) {
        return ballast.start(tiny.experiment(), RunListener.NONE);
    }

    /** Hash of the whole model that a run saved. */
    static String weights(Run run) {
        return ModelFolder.open(run.folder().resolve("model")).weightsHash();
    }
}
