package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OutputTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private Output output(boolean terminal, String... arguments) {
        return new Output(Typed.stream(out), Typed.stream(err), terminal, arguments);
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void onlyTheFirstAnswerIsGiven() {
        Output output = output(false, "--json");
        output.answer(() -> "{}", () -> "text");
        output.answer(() -> "[]", () -> "more");
        assertEquals("{}\n", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void withoutJsonTheAnswerIsText() {
        output(false).answer(() -> "{}", () -> "text\n");
        assertEquals("text\n", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void quietLeavesWarningsAndNoNotes() {
        Output output = output(true, "-q");
        output.note("note");
        output.status("status");
        output.warn("warning");
        assertEquals("warning\n", said());
    }

    @Test
    void aNoteTakesTheLineOfTheStatusOnATerminal() {
        Output output = output(true);
        output.status("1/2");
        output.status("2/2");
        output.note("done");
        output.note("again");
        assertEquals("\r\033[K1/2\r\033[K2/2\r\033[Kdone\nagain\n", said());
    }

    @Test
    void withoutATerminalThereIsNoStatus() {
        output(false).status("1/2");
        assertEquals("", said());
    }
}
