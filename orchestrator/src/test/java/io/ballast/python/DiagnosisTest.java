package io.ballast.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.Ballast;
import io.ballast.Finding;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiagnosisTest {
    @Test
    void thisMachineLacksNothing() {
        List<Finding> findings = Ballast.doctor();
        assertTrue(findings.stream().allMatch(Finding::found), findings.toString());
        assertTrue(findings.stream().map(Finding::name).toList().containsAll(List.of("Java", "jep", "torch")),
                findings.toString());
    }

    @Test
    void whatIsNotThereIsToldWithWhatToDo() {
        Finding missing = Diagnosis.of(Path.of("nowhere", "python")).get(1);
        assertEquals(false, missing.found());
        assertTrue(missing.action().contains("./ballast setup --prefix"), missing.toString());
        Finding silent = Diagnosis.of(Path.of("/bin/true")).get(1);
        assertEquals("a Python that runs", silent.expected());
    }
}
