package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PythonJsonTest {
    /** What Python 3.11 prints for {@code repr(float(x))}. */
    @ParameterizedTest
    @CsvSource({"1, 1.0", "-0.0, -0.0", "0, 0.0", "0.1, 0.1", "1e-4, 0.0001", "1e-5, 1e-05", "-1.5e-5, -1.5e-05",
        "123456789, 123456789.0", "1e15, 1000000000000000.0", "1e16, 1e+16", "1.25e16, 1.25e+16", "9007199254740993, "
        + "9007199254740992.0", "1e100, 1e+100", "5e-324, 5e-324", "1.7976931348623157e308, 1.7976931348623157e+308",
        "0.001, 0.001", "12345.678, 12345.678", "1e7, 10000000.0"})
    void numbersAreWrittenAsPythonWritesThem(double value, String python) {
        assertEquals(python, PythonJson.number(value));
    }

    @Test
    void aRowIsWrittenAsJsonDumpsWritesIt() {
        assertEquals("{\n  \"a\": [\n    1e-05,\n    2\n  ]\n}", PythonJson.dump(Map.of("a", List.of(1e-5, 2L))));
    }
}
