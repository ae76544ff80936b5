package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Expected are the values of {@code datasets.load_dataset("csv", …)}. */
class CsvTypesTest {
    @TempDir
    Path folder;

    private List<Object> column(String... cells) throws IOException {
        Path file = Files.writeString(folder.resolve("t.csv"), "x,y\n" + String.join(",-\n", cells) + ",-\n");
        return CsvTypes.typed(new TaskData(file, null, null).rows()).stream().map(row -> row.columns().get("x"))
                .toList();
    }

    @Test
    void aColumnOfOneKindHasItsType() throws IOException {
        assertEquals(List.of(1L, -2L, 7L), column("1", "-2", "007"));
        assertEquals(List.of(1.0, 0.5), column("1", "5e-1"));
        assertEquals(List.of(true, false), column("True", "False"));
        assertEquals(List.of("1", "b"), column("1", "b"));
    }

    @Test
    void anEmptyCellIsNullAndMakesWholeNumbersOfItsColumnRealOnes() throws IOException {
        assertEquals(Arrays.asList(1.0, null), column("1", ""));
        assertEquals(Arrays.asList("a", null), column("a", ""));
    }
}
