package io.ballast.data;

import io.ballast.InvalidInputException;
import io.ballast.fuzz.Fuzzing;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("one-jdk")
class JsonRowFuzzTest {
    private static final String ROWS = """
            {"text": "one \\u00e9", "n": 1, "list": [1, 2.5, null], "deep": {"a": {"b": true}}}

            {"text": "two", "n": -3.25e7, "list": [], "deep": null}
            """;
    private static final String CSV = "text,n\n\"one, \"\"two\"\"\",1\nthree,2.5\n";

    @TempDir
    Path folder;

    @Test
    void damagedJsonLinesAreRefusedOrRead() {
        Template template = Template.parse("{text} {n} {list} {deep}");
        fuzz("rows.jsonl", ROWS, file -> JsonRow.forEach(file, template::render));
    }

    /** Through DuckDB, as a run reads. */
    @Test
    void damagedFilesOfAllFormsAreRefusedOrRead() {
        RowReader.load();
        for (String name : List.of("data.jsonl", "data.csv")) {
            fuzz(name, name.endsWith("csv") ? CSV : ROWS, file -> {
                try (RowReader reader = RowReader.open(file, "n > 0")) {
                    reader.forEachRemaining(row -> row.columns().toString());
                }
            });
        }
    }

    private interface FileReader {
        void read(Path file) throws Exception;
    }

    private void fuzz(String name, String valid, FileReader reader) {
        Path file = folder.resolve(name);
        Fuzzing.of(name, InvalidInputException.class).run(List.of(valid.getBytes(StandardCharsets.UTF_8)), damaged -> {
            Files.write(file, damaged);
            reader.read(file);
        });
    }
}
