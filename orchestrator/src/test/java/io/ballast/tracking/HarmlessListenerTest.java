package io.ballast.tracking;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ballast.RunListener;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HarmlessListenerTest {
    @TempDir
    Path folder;

    @Test
    void aTrackerThatAlwaysFailsIsToldOfAllAndWarnedOfOnceARun() {
        AtomicInteger heard = new AtomicInteger();
        RunListener listener = new HarmlessListener("the test's tracker", event -> {
            throw new IllegalStateException("failure " + heard.incrementAndGet());
        });
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8)); // where slf4j-simple looks for each line
        try {
            Events.tell(listener, "boats", folder, "completed");
            Events.tell(listener, "boats", folder, "completed");
        } finally {
            System.setErr(before);
        }
        assertEquals(12, heard.get());
        String text = log.toString(StandardCharsets.UTF_8);
        assertEquals(2, text.lines().filter(line -> line.contains("did not take the event 'started'; the run goes on"))
                .count(), text);
    }

    @Test
    void listenersAfterItHearWhatItDidNotTake() {
        AtomicInteger heard = new AtomicInteger();
        Events.tell(new HarmlessListener("the test's tracker", event -> {
            throw new IllegalStateException();
        }).andThen(event -> heard.incrementAndGet()), "boats", folder, "completed");
        assertEquals(6, heard.get());
    }
}
