package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.TestHub;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets of the environment are planted, a gated model is run with them, and every file and line is searched. */
@Tag("one-jdk")
class SecretsTest {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    private static final String TOKEN = "hf_PlantedTokenOfTheHub";
    private static final String PASSWORD = "planted-password";
    private static final Map<String, String> OTHERS = Map.of("MLFLOW_TRACKING_PASSWORD", "planted-mlflow-password",
            "AWS_SECRET_ACCESS_KEY", "planted/aws+key", "WANDB_API_KEY", "planted0wandb0key");

    @TempDir
    Path folder;
    private TestHub hub;

    @BeforeEach
    void startHub() throws IOException {
        hub = new TestHub(folder);
        hub.add("tiny/llama", ".gated", TOKEN);
    }

    @AfterEach
    void stopHub() {
        hub.close();
    }

    @Test
    void noSecretIsInAnyFileOfARunOrInWhatItSays() throws Exception {
        Path experiment = TinyExperiment.write(folder);
        String[] run = {"run", experiment.toString(), "--verbose", "--set", "model.path=hf://tiny/llama"};
        Typed completed = launch(run);
        assertEquals(0, completed.code(), completed.err());
        List<String> diverging = new ArrayList<>(List.of(run));
        diverging.addAll(List.of("--set", "domain.learningRate=1e30", "--set", "domain.clipNorm=0", "--set",
                "retention.method=none"));
        Typed failed = launch(diverging.toArray(String[]::new));
        assertEquals(4, failed.code(), failed.err());

        for (Typed each : List.of(completed, failed)) {
            assertClean("what was said", each.out() + each.err());
        }
        int searched = 0;
        for (String place : List.of("runs", "ballast-cache")) {
            try (Stream<Path> files = Files.walk(folder.resolve(place))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    assertClean(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
                    searched++;
                }
            }
        }
        assertTrue(searched > 30, "files of two runs, and of the cache: " + searched);
    }

    private static void assertClean(String where, String text) {
        for (String secret : List.of(TOKEN, PASSWORD)) {
            assertFalse(text.contains(secret), where + " has " + secret);
        }
        OTHERS.forEach((name, secret) -> assertFalse(text.contains(secret), where + " has that of " + name));
    }

    private Typed launch(String... arguments) throws Exception {
        return Typed.inAProcess(environment -> {
            environment.putAll(OTHERS);
            environment.putAll(Map.of("HF_TOKEN", TOKEN, "HF_ENDPOINT", hub.address(), "HF_HOME",
                    folder.resolve("cache").toString(), "HTTPS_PROXY", "http://me:" + PASSWORD + "@127.0.0.1:9",
                    "BALLAST_CACHE", folder.resolve("ballast-cache").toString()));
        }, List.of(), arguments);
    }
}
