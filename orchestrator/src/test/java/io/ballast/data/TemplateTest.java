package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TemplateTest {
    private static Row row(Object... entries) {
        Map<String, Object> columns = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            columns.put((String) entries[i], entries[i + 1]);
        }
        return new Row(Path.of("/data/train.jsonl"), 7, columns);
    }

    private static String refusal(String template, Row row) {
        return assertThrows(InvalidInputException.class, () -> Template.parse(template).render(row)).getMessage();
    }

    @Test
    void fieldsAreColumnsAndDoubledBracesAreBraces() {
        Row row = row("question", "Why {x}?", "a b", 3L);
        assertEquals("Q: Why {x}? {3}\n{}", Template.parse("Q: {question} {{{a b}}}\n{{}}").render(row));
        assertEquals(List.of("question", "a b"), Template.parse("{question}{a b}{question}").fields());
        assertEquals("", Template.parse("").render(row));
    }

    @Test
    void valuesPrintAsTheFileHasThem() {
        Row row = row("d", new BigDecimal("1.50"), "b", true, "l", Arrays.asList("<a>", null, Map.of("k", 1L)));
        assertEquals("1.50 true [\"<a>\",null,{\"k\":1}]", Template.parse("{d} {b} {l}").render(row));
    }

    @Test
    void aMissingFieldNamesFileLineFieldAndWhatThereIs() {
        String message = refusal("{exp}", row("question", "a", "answer", "b"));
        assertEquals("/data/train.jsonl, line 7: there is no field 'exp'. The row has question, answer", message);
    }

    @Test
    void aNullFieldNamesFileLineAndFieldAndTheWayOut() {
        String message = refusal("{exp}", row("exp", null));
        assertTrue(message.startsWith("/data/train.jsonl, line 7: the field 'exp' is null."), message);
        assertTrue(message.contains("exp is not null"), message);
    }

    @Test
    void aBraceWithoutPartnerNamesItsPosition() {
        assertTrue(refusal("ab {x", row()).contains("at character 4, a '{' is not closed"));
        assertTrue(refusal("ab } c", row()).contains("at character 4, a '}' closes nothing"));
        assertTrue(refusal("{a {b}}", row()).contains("at character 1, a '{' is not closed"));
        assertTrue(refusal("x{}", row()).contains("at character 2, a field has no name"));
    }

    @Test
    void aNumberAndAListAreAskedForByType() {
        Row row = row("n", " 3 ", "x", "three", "d", new BigDecimal("2.0"), "h", new BigDecimal("2.5"));
        assertEquals(3, row.integer("n"));
        assertEquals(2, row.integer("d"));
        for (String field : List.of("x", "h")) {
            assertTrue(assertThrows(InvalidInputException.class, () -> row.integer(field)).getMessage()
                    .contains("should be a whole number"));
        }
        assertTrue(assertThrows(InvalidInputException.class, () -> row.list("x")).getMessage()
                .contains("should be a list and is 'three'"));
    }
}
