package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextTableTest {
    @Test
    void namesStandLeftAndNumbersRight() {
        TextTable table = new TextTable("score", "base", "ω");
        table.row(List.of("a", "1.0", "10"));
        table.row(List.of("longer name", "100.0"));
        assertEquals("score          base    ω\na               1.0   10\nlonger name   100.0\n", table.toString());
    }
}
