package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import io.ballast.TinyModels;
import io.ballast.data.Tokenizer;
import io.ballast.python.Bridge;
import io.ballast.python.PythonEnvironment;
import io.ballast.train.BridgeGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * From a prompt's text and a task's {@code generation_kwargs} to the completion: what
 * {@code HFLM.generate_until} of lm-eval itself says, to the character.
 */
@Tag("one-jdk")
class GenerationParityTest {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    private static final Path STORIES = Path.of(System.getenv().getOrDefault("BALLAST_SHARED",
            HOME.resolveSibling("shared").toString()), "models", "stories15M");
    private static final int WINDOW = 64;
    private static final List<String> PROMPTS = List.of("Once upon a time there was", "<s>The patient was given ",
            "東京 is 𝄞\n", "y", "Once upon a time there was a boat. ".repeat(20));
    private static final Map<String, Map<String, Object>> KEYWORDS = new LinkedHashMap<>();

    static {
        KEYWORDS.put("greedy", Map.of("until", List.of(), "do_sample", false, "max_gen_toks", 20));
        KEYWORDS.put("one string", Map.of("until", "o", "max_new_tokens", 20));
        KEYWORDS.put("several", Map.of("until", List.of("u", ".", "e", "</s>"), "temperature", 0.0,
                "max_gen_toks", 20));
        KEYWORDS.put("penalty", Map.of("until", "\n\n", "max_tokens", 20, "repetition_penalty", 1.5));
    }

    @TempDir
    static Path scratch;
    private static Bridge bridge;
    /** lm-eval's texts, one for each prompt, by the model's folder and the name of the keywords. */
    private static final Map<String, List<String>> EXPECTED = new HashMap<>();

    @BeforeAll
    static void open() throws IOException, InterruptedException {
        askLmEval();
        bridge = Bridge.open(PythonEnvironment.find());
    }

    @AfterAll
    static void close() {
        if (bridge != null) {
            bridge.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"greedy", "one string", "several", "penalty"})
    void completionsOfARandomModelAreLmEvals(String keywords) {
        compare(TinyModels.folder("llama-untied"), keywords);
    }

    @ParameterizedTest
    @ValueSource(strings = {"greedy", "one string", "several", "penalty"})
    void completionsOfTheRealModelAreLmEvals(String keywords) {
        assumeTrue(Files.isDirectory(STORIES), "skipped: no model in " + STORIES);
        compare(STORIES, keywords);
    }

    @Test
    void keywordsMatter() {
        List<List<String>> texts = KEYWORDS.keySet().stream()
                .map(keywords -> EXPECTED.get(TinyModels.folder("llama-untied") + keywords)).toList();
        assertEquals(KEYWORDS.size(), Set.copyOf(texts).size());
    }

    private static void compare(Path model, String keywords) {
        List<String> texts = EXPECTED.get(model + keywords);
        assertEquals(texts, completions(model, KEYWORDS.get(keywords), 1));
        assertEquals(texts, completions(model, KEYWORDS.get(keywords), 2),
                "padding and the other rows of a batch do not matter to these models");
    }

    private static List<String> completions(Path folder, Map<String, Object> keywords, int batchSize) {
        long model = bridge.models().open(folder, "float32", "cpu", false, 1);
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            GenerationSettings settings = GenerationSettings.of("parity", keywords);
            PromptEncoder encoder = new PromptEncoder(tokenizer, WINDOW);
            String[] texts = new String[PROMPTS.size()];
            List<GenerationRequest> requests = PROMPTS.stream().map(prompt -> new GenerationRequest(
                    encoder.encode(prompt, settings.maxTokens(), "here").ids(), settings, 1)).toList();
            new BatchGenerator(new BridgeGenerator(bridge, model, folder), batchSize).generate(requests,
                    (text, request) -> texts[request] = text, (done, total) -> { }, () -> false);
            return Arrays.asList(texts);
        } finally {
            bridge.release(model);
        }
    }

    /** One process for all, whose imports take longer than the completions. */
    private static void askLmEval() throws IOException, InterruptedException {
        List<Path> models = new ArrayList<>(List.of(TinyModels.folder("llama-untied")));
        if (Files.isDirectory(STORIES)) {
            models.add(STORIES);
        }
        List<String> asked = new ArrayList<>();
        List<Map<String, Object>> calls = new ArrayList<>();
        for (Path model : models) {
            KEYWORDS.forEach((name, keywords) -> {
                asked.add(model + name);
                calls.add(Map.of("model", model.toString(), "max_length", WINDOW, "batch_size", 1, "seed", 1,
                        "prompts", PROMPTS, "kwargs", keywords));
            });
        }
        List<List<String>> texts = run(calls);
        for (int i = 0; i < asked.size(); i++) {
            EXPECTED.put(asked.get(i), texts.get(i));
        }
    }

    private static List<List<String>> run(List<Map<String, Object>> calls) throws IOException, InterruptedException {
        Path questions = scratch.resolve("questions.json");
        Path answers = scratch.resolve("answers.json");
        Files.writeString(questions, new Gson().toJson(calls));
        ProcessBuilder builder = new ProcessBuilder(HOME.resolve(".venv/bin/python").toString(),
                HOME.resolve("python-ext/tests/lm_eval_generations.py").toString()).redirectInput(questions.toFile())
                .redirectOutput(answers.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("HF_HUB_OFFLINE", "1");
        assertEquals(0, builder.start().waitFor(), "lm-eval failed");
        List<String> lines = Files.readAllLines(answers);
        return new Gson().fromJson(lines.get(lines.size() - 1), new TypeToken<List<List<String>>>() { }.getType());
    }
}
