package io.ballast.python;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.MissingEnvironmentException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VersionsTest {
    private static Map<String, Object> python(String ballast, String jep) {
        return Map.of("ballast", ballast, "jep", jep);
    }

    @Test
    void bothSidesMustBelongTogether() {
        String ballast = Versions.ballast().replace("-SNAPSHOT", "");
        assertDoesNotThrow(() -> Versions.check(python(ballast, Versions.jep()), "a folder"));
        String other = assertThrows(MissingEnvironmentException.class,
                () -> Versions.check(python("0.0.7", Versions.jep()), "a folder")).getMessage();
        assertTrue(other.contains("Expected Ballast's Python package " + ballast + ", as Java has it; Python has 0.0.7"),
                other);
        assertTrue(other.contains("a folder"), other);
        assertTrue(assertThrows(MissingEnvironmentException.class, () -> Versions.check(python(ballast, "4.1.0"), ""))
                .getMessage().contains("pip install jep==" + Versions.jep()));
    }
}
