package io.ballast;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.model.AnchorFiles;
import io.ballast.tensor.Safetensors;
import io.ballast.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnchorTest {
    @TempDir
    Path folder;

    @Test
    void itsTensorsAreThoseOfItsFile() throws IOException {
        Path rows = Files.writeString(folder.resolve("rows.jsonl"), "{\"text\": \"A boat went down the river.\"}\n");
        Experiment measure = Experiment.builder("measured", TinyModels.folder("llama-tied").toString())
                .general(TrainingPhase.of(1e-3).text(rows, "{text}").steps(2)).output(folder.resolve("runs"))
                .set("retention.method", "hierarchical").set("model.device", "cpu").build();
        try (Ballast ballast = Ballast.open()) {
            Run run = ballast.start(measure, RunListener.NONE);
            run.result();
            try (Anchor anchor = ballast.openAnchor(run.folder().resolve("anchor"))) {
                assertEquals("path_integral", anchor.description().get("method"));
                for (String name : anchor.names()) {
                    try (Tensor importance = anchor.importance(name); Tensor reference = anchor.reference(name)) {
                        assertArrayEquals(inFile(anchor, "importance." + name), numbers(importance), name);
                        assertArrayEquals(inFile(anchor, "reference." + name), numbers(reference), name);
                    }
                }
                assertTrue(assertThrows(InvalidInputException.class, () -> anchor.importance("model.embed")).getMessage()
                        .contains("expected the name of an importance, found 'model.embed'; the nearest are"));
                assertThrows(NullPointerException.class, () -> anchor.reference(null));
            }
            Anchor closed = ballast.openAnchor(run.folder().resolve("anchor"));
            closed.close();
            assertThrows(IllegalStateException.class, closed::names);
            assertThrows(IllegalStateException.class, () -> closed.importance("model.norm.weight"));
            assertThrows(InvalidInputException.class, () -> ballast.openAnchor(folder));
        }
    }

    private static float[] numbers(Tensor tensor) {
        float[] numbers = new float[(int) tensor.elements()];
        tensor.floats().get(numbers);
        return numbers;
    }

    private static float[] inFile(Anchor anchor, String name) throws IOException {
        Path file = anchor.folder().resolve(AnchorFiles.TENSORS);
        Safetensors.TensorInfo info = Safetensors.read(file).tensors().get(name);
        byte[] bytes = new byte[(int) info.bytes()];
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "r")) {
            content.seek(info.offset());
            content.readFully(bytes);
        }
        FloatBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        float[] numbers = new float[floats.remaining()];
        floats.get(numbers);
        return numbers;
    }
}
