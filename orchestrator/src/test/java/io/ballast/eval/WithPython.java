package io.ballast.eval;

import io.ballast.python.Bridge;
import io.ballast.python.PythonEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Tests of what asks Python. */
abstract class WithPython {
    static Bridge bridge;

    @BeforeAll
    static void embedPython() {
        bridge = Bridge.open(PythonEnvironment.find());
    }

    @AfterAll
    static void releasePython() {
        bridge.close();
    }
}
