package io.ballast.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

class BridgeTest {
    private static final PythonEnvironment ENVIRONMENT = PythonEnvironment.find();

    private static Bridge bridge;

    @BeforeAll
    static void open() {
        bridge = Bridge.open(ENVIRONMENT);
    }

    @AfterAll
    static void close() {
        bridge.close();
    }

    private static LongBuffer direct(int size) {
        return ByteBuffer.allocateDirect(size * Long.BYTES).order(ByteOrder.nativeOrder()).asLongBuffer();
    }

    @Test
    void versionsNameWhatIsEmbedded() {
        assertTrue(bridge.versions().keySet().containsAll(List.of("python", "torch", "transformers", "numpy", "ballast")),
                () -> bridge.versions().toString());
    }

    @Test
    void pythonSeesABufferAtItsOwnAddress() {
        LongBuffer first = direct(1024);
        LongBuffer second = direct(1024);
        long address = bridge.address(first);
        assertEquals(address, bridge.address(first));
        assertNotEquals(address, bridge.address(second));
        // a view that begins one element later lies one element later: these are addresses, not copies
        assertEquals(address + Long.BYTES, bridge.address(first.slice(1, 1023)));
    }

    @Test
    void heapBufferIsRefused() {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
                () -> bridge.address(LongBuffer.allocate(4)));
        assertTrue(refused.getMessage().contains("heap"), refused.getMessage());
    }

    @Test
    void wrongByteOrderIsRefused() {
        ByteOrder wrong = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? ByteOrder.LITTLE_ENDIAN
                : ByteOrder.BIG_ENDIAN;
        LongBuffer swapped = ByteBuffer.allocateDirect(32).order(wrong).asLongBuffer();
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> bridge.address(swapped));
        assertTrue(refused.getMessage().contains(wrong.toString()), refused.getMessage());
    }

    @Test
    void secondBridgeInTheProcessIsRefused() {
        assertThrows(IllegalStateException.class, () -> Bridge.open(ENVIRONMENT));
    }

    @Test
    void inputErrorOfPythonBecomesInvalidInput() {
        InvalidInputException wrong = assertThrows(InvalidInputException.class,
                () -> bridge.models().open(Path.of("no-such-model"), "float32", "cpu", false, 1));
        assertTrue(wrong.getMessage().contains("no-such-model"), wrong.getMessage());
    }

    @Test
    void otherPythonErrorCarriesTypeAndTraceback() {
        PythonException error = assertThrows(PythonException.class, () -> bridge.models().info(987654321));
        assertFalse(error.pythonType().isBlank());
        assertTrue(error.traceback().contains("bridge.py"), error.traceback());
    }

    @Test
    void bufferSurvivesGarbageCollectionWhileItIsLent() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<?> collecting = threads.submit(() -> {
                for (int i = 0; i < 20; i++) {
                    System.gc();
                }
            });
            Set<Long> addresses = new HashSet<>();
            while (!collecting.isDone()) {
                addresses.add(bridge.address(direct(4096)));
            }
            collecting.get();
            assertFalse(addresses.contains(0L));
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void manyThreadsShareTheInterpreter() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                LongBuffer own = direct(16);
                calls.add(() -> bridge.address(own) == bridge.address(own));
            }
            for (Future<Boolean> call : threads.invokeAll(calls)) {
                assertTrue(call.get());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void closedBridgeRefusesCallsAndTheNextTakesOver() {
        bridge.close();
        bridge.close();
        IllegalStateException refused = assertThrows(IllegalStateException.class, bridge::importedModules);
        assertTrue(refused.getMessage().contains("closed"), refused.getMessage());
        bridge = Bridge.open(ENVIRONMENT);
        assertTrue(bridge.importedModules().contains("torch"));
    }
}
