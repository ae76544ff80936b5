package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.util.Progress;
import io.ballast.TestHub;
import io.ballast.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against the tests' own hub, in two processes: with it, and without a network. */
@Tag("one-jdk")
class HubRepositoryTest {
    @TempDir
    static Path folder;
    private static Map<String, String> online;
    private static Map<String, String> offline;

    @BeforeAll
    static void ask() throws IOException, InterruptedException {
        try (TestHub hub = new TestHub(folder)) {
            hub.add("tiny/llama", ".revisions", "v1.0");
            hub.add("my_org/my_model", ".revisions", "");
            hub.add("tiny/gated", ".gated", "hf_right");
            hub.add("tiny/damaged", ".damaged", "model.safetensors");
            hub.add("tiny/broken", ".cut", "0");
            // huggingface_hub writes 10 MiB at a time: it resumes behind the last whole ones.
            Path mark = hub.add("tiny/breaking", ".cut", "11000000");
            Files.write(mark.resolveSibling("large.txt"), new byte[12_000_000]);
            online = Answers.read(hub.run(Asks.class, Map.of("HF_TOKEN", "hf_wrong"), mark.getParent().toString()));
        }
        try (TestHub gone = new TestHub(folder)) {
            offline = Answers.read(gone.run(AsksOffline.class, Map.of("HF_HUB_OFFLINE", "1",
                    "HF_ENDPOINT", "http://127.0.0.1:9")));
        }
    }

    /** Prints a line for each question. */
    static final class Asks {
        private Asks() {
        }

        public static void main(String[] arguments) throws Exception {
            Bytes bytes = new Bytes();
            Criteria<NDList, NDList> whole = criteria("hf://tiny/llama@v1.0", bytes);
            Answers.print("before", whole::isDownloaded);
            Answers.print("fetched", () -> {
                whole.downloadModel();
                return whole.isDownloaded();
            });
            Answers.print("bytes", () -> bytes.last + " of " + bytes.max + ", ended " + bytes.ended);
            Answers.print("text", () -> write("hf://tiny/llama@v1.0?maxTokens=6"));
            Answers.print("long text", () -> write("hf://tiny/llama@v1.0?maxTokens=many"));
            Path broken = Path.of(arguments[0]).resolveSibling("broken/.cut");
            Answers.print("broken", () -> download("hf://tiny/broken"));
            Files.delete(broken);
            Answers.print("mended", () -> download("hf://tiny/broken"));
            for (String model : new String[] {"tiny/breaking", "tiny/damaged", "tiny/gated", "tiny/none",
                "tiny/llama@v9", "my_org/my_model"}) {
                Answers.print(model, () -> download("hf://" + model));
            }
        }
    }

    /** Prints a line for each question. */
    static final class AsksOffline {
        private AsksOffline() {
        }

        public static void main(String[] arguments) {
            Answers.print("cached", () -> download("hf://tiny/llama@v1.0"));
            Answers.print("text", () -> write("hf://tiny/llama@v1.0?maxTokens=6"));
            Answers.print("missing", () -> download("hf://tiny/gated"));
        }
    }

    /** Remembers what it is shown. */
    private static final class Bytes implements Progress {
        private long max;
        private long last;
        private boolean ended;

        @Override
        public void reset(String message, long total, String trailingMessage) {
            max = total;
        }

        @Override
        public void start(long initialProgress) {
            last = initialProgress;
        }

        @Override
        public void end() {
            ended = true;
        }

        @Override
        public void increment(long increment) {
            last += increment;
        }

        @Override
        public void update(long progress, String message) {
            last = progress;
        }
    }

    private static Criteria<NDList, NDList> criteria(String address, Progress progress) {
        return Criteria.builder().setTypes(NDList.class, NDList.class).optModelUrls(address).optProgress(progress)
                .build();
    }

    private static boolean download(String address) throws Exception {
        Criteria<NDList, NDList> criteria = criteria(address, null);
        criteria.downloadModel();
        return criteria.isDownloaded();
    }

    /** Neither engine nor translator is named. */
    private static String write(String address) throws Exception {
        Criteria<String, String> criteria = Criteria.builder().setTypes(String.class, String.class)
                .optModelUrls(address).build();
        try (ZooModel<String, String> model = criteria.loadModel();
                Predictor<String, String> predictor = model.newPredictor()) {
            return model.getName() + " wrote " + predictor.predict("Once upon a time").length() + " characters";
        }
    }

    @Test
    void aModelOfTheHubWritesWithAndWithoutANetwork() {
        assertTrue(online.get("text").matches("llama wrote [1-9][0-9]* characters"), online.get("text"));
        assertEquals(online.get("text"), offline.get("text"));
        assertTrue(online.get("long text").startsWith("IllegalArgumentException Expected DJL's argument "
                + "maxTokens to be a whole number; found many."), online.get("long text"));
    }

    @Test
    void aModelIsFetchedIntoTheSharedCacheOnce() throws IOException {
        assertEquals("false", online.get("before"));
        assertEquals("true", online.get("fetched"));
        Path commit = Files.list(folder.resolve("cache/hub/models--tiny--llama/snapshots")).findFirst().orElseThrow();
        assertEquals(-1, Files.mismatch(commit.resolve("model.safetensors"),
                TinyModels.folder("llama-tied").resolve("model.safetensors")));
    }

    @Test
    void progressIsToldInBytesUpToAll() throws IOException {
        long size = 0;
        for (Path file : Files.list(TinyModels.folder("llama-tied")).toList()) {
            size += Files.size(file);
        }
        assertEquals(size + " of " + size + ", ended true", online.get("bytes"));
    }

    @Test
    void aConnectionThatBreaksIsTakenUpAgain() {
        assertEquals("true", online.get("tiny/breaking"));
    }

    @Test
    void aConnectionThatKeepsBreakingIsAnIOExceptionAndTheNextTimeServes() {
        String said = online.get("broken");
        assertTrue(said.matches("IOException hub: model tiny/broken: cannot reach http.*check the network.*"), said);
        assertEquals("true", online.get("mended"));
    }

    @Test
    void aWrongChecksumIsAnIOException() {
        String said = online.get("tiny/damaged");
        assertTrue(said.matches("IOException hub: model tiny/damaged: model.safetensors from http.* arrived damaged: "
                + "expected git-sha1 .*, found .*try again.*"), said);
    }

    @Test
    void whatIsGatedIsAnIOExceptionThatSpeaksOfTheToken() {
        String said = online.get("tiny/gated");
        assertTrue(said.matches("IOException hub: model tiny/gated: http.* answers 401: .*HF_TOKEN is set, but is not "
                + "accepted.*"), said);
    }

    @Test
    void whatDoesNotExistIsAnIOException() {
        String none = online.get("tiny/none");
        assertTrue(none.matches("IOException hub: model tiny/none: http.* answers 404: no such repository.*"), none);
        String revision = online.get("tiny/llama@v9");
        assertTrue(revision.matches("IOException hub: model tiny/llama at revision v9: .*check what stands after @"),
                revision);
    }

    @Test
    void namesMayHaveUnderscores() {
        assertEquals("true", online.get("my_org/my_model"));
    }

    @Test
    void withoutANetworkTheCacheServes() {
        assertEquals("true", offline.get("cached"));
        String missing = offline.get("missing");
        assertTrue(missing.matches("IOException hub: model tiny/gated is not .*in the local cache, and HF_HUB_OFFLINE "
                + "is set; fetch it once.*"), missing);
    }
}
