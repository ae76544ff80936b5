package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowReaderTest {
    @TempDir
    private Path folder;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private static List<Row> read(Path file, String where) {
        List<Row> rows = new ArrayList<>();
        try (RowReader reader = RowReader.open(file, where)) {
            reader.forEachRemaining(rows::add);
        }
        return rows;
    }

    private static List<String> texts(Path file, String where, String field) {
        return read(file, where).stream().map(row -> row.text(field)).toList();
    }

    private static String refusal(Path file, String where) {
        return assertThrows(InvalidInputException.class, () -> read(file, where)).getMessage();
    }

    private static void sql(String... commands) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    @Test
    void jsonValuesAreExact() throws IOException {
        Path file = file("a.jsonl", """
                {"i": 7, "wide": 12345678901234567890123, "d": 1.50, "s": "2020-01-01", "n": null, "b": true}
                """);
        Row row = read(file, null).get(0);
        assertEquals(7L, row.columns().get("i"));
        assertEquals(new BigInteger("12345678901234567890123"), row.columns().get("wide"));
        assertEquals("1.50", row.text("d"));
        assertEquals("2020-01-01", row.columns().get("s"));
        assertNull(row.columns().get("n"));
        assertTrue(row.columns().containsKey("n"));
        assertEquals(true, row.columns().get("b"));
    }

    @Test
    void nestedValuesBecomeListsAndMaps() throws IOException {
        Path file = file("a.jsonl", """
                {"messages": [{"role": "user", "content": "hé 😀 \\u0001"}], "choices": ["a", null, 1]}
                """);
        Row row = read(file, null).get(0);
        assertEquals(List.of(Map.of("role", "user", "content", "hé 😀 \u0001")), row.list("messages"));
        assertEquals(Arrays.asList("a", null, 1L), row.list("choices"));
        assertEquals("[\"a\",null,1]", row.text("choices"));
    }

    @Test
    void aConditionSeesTypesAndTheRowStaysAsItWas() throws IOException {
        Path file = file("a.jsonl", """
                {"label": 1, "day": "2020-01-01", "t": "a"}
                {"label": 2.50, "day": "2021-06-01 10:00:00", "t": "b"}
                {"label": 3, "day": "2022-01-01", "t": "c", "late": {"deep": [1]}}
                """);
        assertEquals(List.of("2.50", "3"), texts(file, "label > 1.5 -- a comment", "label"));
        assertEquals(List.of("2020-01-01"), texts(file, "day = '2020-01-01'", "day"));
        assertEquals(List.of("c"), texts(file, "late.deep[1] = 1", "t"));
        assertEquals(List.of("a", "c"), texts(file, "t in ('c', 'a')", "t"));
    }

    @Test
    void conditionsSeeMixedWideEmptyAndOddlyNamedColumns() throws IOException {
        Path file = file("a.jsonl", """
                {"mixed": 1, "wide": 18446744073709551615, "none": null, "it's \\"x\\"": "v", "A": 1, "a": 2, "": 3, "e": {}}
                {"mixed": "s", "wide": -1, "s": {"x y": 1, "l": [true, null]}, "u": "550E8400-e29b-41d4-a716-446655440000"}
                {"mixed": {"q": 1}, "s": {"x y": 2.5}, "l": [[1], ["a"]], "time": "10:00"}
                """);
        assertEquals(List.of("-1"), texts(file, "wide < 0 and u like '550E%'", "wide"));
        assertEquals(List.of("18446744073709551615"), texts(file, "wide > 1 and none is null", "wide"));
        assertEquals(List.of("v"), texts(file, "\"it's \"\"x\"\"\" = 'v' and A = 1 and e is not null", "it's \"x\""));
        assertEquals(List.of("10:00"), texts(file, "s.\"x y\" > 2 and time = '10:00' and len(l) = 2", "time"));
        assertEquals(List.of("s"), texts(file, "mixed = '\"s\"' and s.l[1]", "mixed"));
    }

    @Test
    void aColumnThatAppearsLateIsFound() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 40_000; i++) {
            lines.append("{\"x\": ").append(i).append("}\n");
        }
        lines.append("{\"late\": \"here\"}\n");
        Path file = file("a.jsonl", lines.toString());
        assertEquals(List.of("here"), texts(file, "late is not null", "late"));
        List<Row> rows = read(file, null);
        assertEquals(40_001, rows.size());
        for (int i = 0; i < 40_000; i++) {
            assertEquals((long) i, rows.get(i).columns().get("x"));
        }
    }

    @Test
    void blankLinesCountAsLines() throws IOException {
        Path file = file("a.jsonl", "\n{\"x\": 1}\r\n  \t\r\n\n{\"x\": 2}\n{\"x\": 3}");
        assertEquals(List.of(2L, 5L, 6L), read(file, null).stream().map(Row::line).toList());
        assertEquals(List.of(5L, 6L), read(file, "x >= 2").stream().map(Row::line).toList());
        assertEquals(file + ", line 5", read(file, "x = 2").get(0).place());
    }

    @Test
    void threeFormatsGiveTheSameRows() throws IOException, SQLException {
        Path lines = file("a.jsonl", """
                {"q": "What, \\"this\\"?\\nYes.", "code": "007", "day": "2020-01-01", "x": null}
                {"q": "é 日本 😀", "code": "1.50", "day": "10:00", "x": ""}
                """);
        Path csv = file("a.csv", """
                q,code,day,x
                "What, ""this""?
                Yes.",007,2020-01-01,
                é 日本 😀,1.50,10:00,""
                """);
        Path parquet = folder.resolve("a.parquet");
        sql("COPY (SELECT * FROM (VALUES ('What, \"this\"?\nYes.', '007', '2020-01-01', NULL), "
                + "('é 日本 😀', '1.50', '10:00', '')) v(q, code, day, x)) TO '" + parquet + "'");
        List<Map<String, Object>> expected = read(lines, null).stream().map(Row::columns).toList();
        for (Path other : List.of(csv, parquet)) {
            assertEquals(expected, read(other, null).stream().map(Row::columns).toList(), other.toString());
            assertEquals(expected.subList(1, 2),
                    read(other, "x is not null").stream().map(Row::columns).toList(), other.toString());
            assertEquals(2, read(other, "x is not null").get(0).line());
        }
    }

    @Test
    void parquetTypesBecomeTheirJsonLikes() throws SQLException {
        Path parquet = folder.resolve("a.parquet");
        sql("COPY (SELECT 1::TINYINT AS i, 0.1::FLOAT AS f, 12.50::DECIMAL(9,2) AS d, 9223372036854775807 AS big, "
                + "[1, 2] AS l, [{'role': 'user', 'content': NULL}] AS m, DATE '2020-01-02' AS day, "
                + "TIMESTAMP '2020-01-02 03:04:05' AS ts, 'abc'::BLOB AS bytes, map{'k': [1]} AS map, true AS b) TO '"
                + parquet + "'");
        Row row = read(parquet, "i = 1").get(0);
        assertEquals(1L, row.columns().get("i"));
        assertEquals(0.1, row.columns().get("f"));
        assertEquals("12.50", row.text("d"));
        assertEquals(Long.MAX_VALUE, row.integer("big"));
        assertEquals(List.of(1L, 2L), row.list("l"));
        assertEquals("[{\"role\":\"user\",\"content\":null}]", row.text("m"));
        assertEquals("2020-01-02", row.text("day"));
        assertEquals("2020-01-02T03:04:05", row.text("ts"));
        assertEquals("abc", row.text("bytes"));
        assertEquals(Map.of("k", List.of(1L)), row.columns().get("map"));
        assertEquals(true, row.columns().get("b"));
    }

    @Test
    void conditionsOnCsvSeeNumbers() throws IOException {
        Path file = file("a.csv", "n,t\n9,a\n10,b\n11,c\n");
        assertEquals(List.of("b", "c"), texts(file, "n >= 10", "t"));
        assertEquals(10, read(file, "n = 10").get(0).integer("n"));
    }

    @Test
    void csvIsReadByItsRulesAndNotByGuessing() throws IOException {
        Path file = file("a.csv", "text,n\n# a; b; c|d,1\n'it''s; x',2\n\"x, \"\"y\"\"; z\",3\n");
        assertEquals(List.of("# a; b; c|d", "'it''s; x'", "x, \"y\"; z"), texts(file, null, "text"));
        assertEquals(List.of("'it''s; x'", "x, \"y\"; z"), texts(file, "n > 1", "text"));
        Path tabs = file("a.tsv", "text\tn\na, b; c\t1\n");
        assertEquals(List.of("a, b; c"), texts(tabs, "n = 1", "text"));
        Path single = file("b.csv", "text\none; two\nthree|four\n");
        assertEquals(List.of("one; two", "three|four"), texts(single, null, "text"));
    }

    @Test
    void namesWithQuotesAndPatternsAreRead() throws IOException {
        file("x1.jsonl", "{\"x\": \"wrong\"}\n");
        Path file = file("it's x[1]*?.jsonl", "{\"x\": \"right\"}\n");
        assertEquals(List.of("right"), texts(file, "x is not null", "x"));
    }

    @Test
    void aColumnMayBeNamedLikeOurs() throws IOException {
        Path file = file("a.jsonl", "{\"json\": 1, \"data\": 2, \"raw\": 3, \"a b\": 4}\n");
        assertEquals(List.of("4"), texts(file, "json = 1 and data = 2 and raw = 3 and \"a b\" = 4", "a b"));
    }

    @Test
    void aBrokenLineIsNamed() throws IOException {
        Path file = file("a.jsonl", "{\"x\": 1}\n\n{\"x\": 2\n{\"x\": 3}\n");
        assertTrue(refusal(file, null).contains("a.jsonl, line 3: "), refusal(file, null));
        assertTrue(refusal(file, "x = 3").contains("a.jsonl, line 3: "), refusal(file, "x = 3"));
        assertTrue(refusal(file("b.jsonl", "{\"x\": 1}\n[2]\n"), null).contains("b.jsonl, line 2: "));
        assertTrue(refusal(file("c.jsonl", "{\"x\": 1} {\"x\": 2}\n"), null).contains("c.jsonl, line 1: "));
    }

    @Test
    void textThatIsNotUtf8IsRefused() throws IOException {
        Path file = folder.resolve("latin1.jsonl");
        Files.write(file, "{\"x\": \"caf\u00e9\"}\n".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        for (String where : Arrays.asList(null, "x is not null")) {
            assertTrue(refusal(file, where).contains("latin1.jsonl is not UTF-8"), refusal(file, where));
        }
    }

    @Test
    void aBrokenCsvAndABrokenParquetAreRefused() throws IOException {
        assertTrue(refusal(file("a.csv", "a,b\n1,2\n3,4,5\n"), null).contains("a.csv"));
        assertTrue(refusal(file("a.parquet", "nonsense"), null).contains("a.parquet"));
    }

    @Test
    void aWrongConditionIsRefusedWithDuckDbsReason() throws IOException {
        Path file = file("a.jsonl", "{\"label\": 1}\n");
        String message = refusal(file, "lable = 1");
        assertTrue(message.contains(file.toString()) && message.contains("lable = 1"), message);
        assertTrue(message.contains("Referenced column \"lable\" not found"), message);
        assertFalse(message.contains("pending query result"), message);
        assertTrue(refusal(file, "label = ").contains("syntax error"));
        assertTrue(refusal(file, "label = 'x'").contains("Could not convert string 'x'"));
    }

    @Test
    void noRowLeftIsRefused() throws IOException {
        String message = refusal(file("a.jsonl", "{\"x\": 1}\n"), "x = 2");
        assertTrue(message.contains("a.jsonl") && message.contains("x = 2"), message);
        assertTrue(refusal(file("b.jsonl", "\n \n"), null).contains("it is empty"));
        assertTrue(refusal(file("c.csv", "a,b\n"), null).contains("it is empty"));
    }

    @Test
    void missingFilesAndUnknownEndingsAreRefused() throws IOException {
        assertTrue(refusal(folder.resolve("none.jsonl"), null).contains("There is no data file"));
        assertTrue(refusal(folder, null).contains("it is a folder"));
        assertTrue(refusal(file("a.txt", "x"), null).contains(".parquet"));
    }

    @Test
    void closingTwiceIsAllowedAndEndsTheReading() throws IOException {
        RowReader reader = RowReader.open(file("a.jsonl", "{\"x\": 1}\n{\"x\": 2}\n"), null);
        reader.close();
        reader.close();
        assertFalse(reader.hasNext());
        assertThrows(NoSuchElementException.class, reader::next);
    }

    /** Found by fuzzing. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\n\n", "{}\n", "{\"\": 1}\n"})
    void aFileWithoutColumnsIsRefusedAlsoWhereAConditionIsGiven(String content) throws IOException {
        Path file = Files.writeString(folder.resolve("empty.jsonl"), content);
        String message = assertThrows(InvalidInputException.class, () -> RowReader.open(file, "n > 0")).getMessage();
        assertTrue(message.contains("empty.jsonl"), message);
    }
}
