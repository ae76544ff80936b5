package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PythonTextTest {
    @Test
    void whitespaceIsPythons() {
        // [hex(c) for c in range(0x110000) if chr(c).isspace()]
        List<String> expected = List.of("9", "a", "b", "c", "d", "1c", "1d", "1e", "1f", "20", "85", "a0", "1680",
                "2000", "2001", "2002", "2003", "2004", "2005", "2006", "2007", "2008", "2009", "200a", "2028", "2029",
                "202f", "205f", "3000");
        assertEquals(expected, IntStream.rangeClosed(0, 0xFFFF).filter(c -> PythonText.isSpace((char) c))
                .mapToObj(Integer::toHexString).collect(Collectors.toList()));
    }

    @Test
    void strippingIsPythons() {
        assertEquals("\u2007\n a", PythonText.stripTrailing("\u2007\n a\u00A0\u001F"));
        assertEquals("", PythonText.stripTrailing(" \n"));
    }

    @Test
    void lengthCountsCodePoints() {
        assertEquals(2, PythonText.length("\uD83D\uDE00e"));
    }

    @Test
    void jsonIsThatOfPythonsDumps() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("a", "q\"\\/\n\u0001\u007F\u2028é\uD83D\uDE00");
        document.put("b", List.of("x", 1L, 2.5, true));
        document.put("c", null);
        document.put("d", List.of());
        document.put("e", Map.of("f", Map.of()));
        // json.dumps({...}, indent=2, ensure_ascii=False)
        assertEquals("""
                {
                  "a": "q\\"\\\\/\\n\\u0001\u007F\u2028é\uD83D\uDE00",
                  "b": [
                    "x",
                    1,
                    2.5,
                    true
                  ],
                  "c": null,
                  "d": [],
                  "e": {
                    "f": {}
                  }
                }""", PythonJson.dump(document));
    }
}
