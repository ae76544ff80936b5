package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GenerationSettingsTest {
    private static final Map<String, Object> GREEDY = Map.of("do_sample", false);

    private static GenerationSettings of(Map<String, ?> keywords) {
        return GenerationSettings.of("sums", keywords);
    }

    @Test
    void withoutKeywordsItIsGreedyFor256Tokens() {
        assertEquals(new GenerationSettings(List.of(), 256, GREEDY), of(Map.of()));
    }

    @Test
    void untilIsOneStringOrSeveralOrNone() {
        assertEquals(List.of("\n"), of(Map.of("until", "\n")).until());
        assertEquals(List.of("</s>", ""), of(Map.of("until", List.of("</s>", ""))).until());
        assertEquals(List.of(), of(Map.of("until", List.of())).until());
    }

    @Test
    void theFirstOfSeveralNamesForTheNumberOfTokensCounts() {
        assertEquals(7, of(Map.of("max_new_tokens", 7)).maxTokens());
        assertEquals(9, of(Map.of("max_tokens", 8.0, "max_completion_tokens", 7, "max_gen_toks", 9L)).maxTokens());
        assertEquals(256, of(Collections.singletonMap("max_gen_toks", null)).maxTokens());
    }

    @Test
    void atTemperatureAboveZeroItSamplesUnlessToldNotTo() {
        assertEquals(Map.of("do_sample", true, "temperature", 0.7), of(Map.of("temperature", 0.7)).decoding());
        assertEquals(GREEDY, of(Map.of("temperature", 0)).decoding());
        assertEquals(GREEDY, of(Map.of("temperature", 0.7, "do_sample", false)).decoding());
    }

    @Test
    void settingsThatMeanTheSameAreEqual() {
        assertEquals(of(Map.of()), of(Map.of("do_sample", false, "top_p", 0.9, "top_k", 4, "num_beams", 1)));
        assertEquals(Map.of("do_sample", true, "temperature", 1e-4, "top_p", 0.9, "top_k", 4,
                        "repetition_penalty", 1.2),
                of(Map.of("temperature", "1e-4", "top_p", 0.9, "top_k", 4.0, "repetition_penalty", 1.2)).decoding());
    }

    static List<Arguments> refused() {
        return List.of(
                Arguments.of(Map.of("max_gen_tok", 5), "unknown key 'max_gen_tok'. Did you mean 'max_gen_toks'?"),
                Arguments.of(Map.of("max_length", 5), "unknown key 'max_length'"),
                Arguments.of(Map.of("until", 3), "until: expected a string or a list of strings, found 3"),
                Arguments.of(Map.of("until", Arrays.asList("a", null)), "found [a, null]"),
                Arguments.of(Collections.singletonMap("until", null), "found null"),
                Arguments.of(Map.of("do_sample", "yes"), "do_sample: expected true or false, found yes"),
                Arguments.of(Map.of("do_sample", true), "temperature: expected more than 0, for do_sample is true"),
                Arguments.of(Map.of("temperature", "warm"), "temperature: expected a number, found warm"),
                Arguments.of(Map.of("temperature", true), "temperature: expected a number, found true"),
                Arguments.of(Map.of("max_gen_toks", 0), "max_gen_toks: expected at least 1, found 0"),
                Arguments.of(Map.of("max_gen_toks", 2.5), "max_gen_toks: expected a whole number, found 2.5"),
                Arguments.of(Map.of("num_beams", 4), "num_beams: expected 1"));
    }

    @ParameterizedTest
    @MethodSource
    void refused(Map<String, Object> keywords, String message) {
        InvalidInputException wrong = assertThrows(InvalidInputException.class, () -> of(keywords));
        assertTrue(wrong.getMessage().startsWith("task sums: generation_kwargs"), wrong.getMessage());
        assertTrue(wrong.getMessage().contains(message), wrong.getMessage());
    }
}
