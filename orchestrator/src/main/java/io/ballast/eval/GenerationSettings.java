package io.ballast.eval;

import io.ballast.InvalidInputException;
import io.ballast.config.NearestName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * How prompts are completed: a task's {@code generation_kwargs} with lm-eval 0.4.13's defaults and rules
 * ({@code normalize_gen_kwargs}, {@code HFLM._model_generate}). What is
 * not said here the model's own {@code generation_config.json} says.
 *
 * @param until     stop strings; EOS is one more
 * @param maxTokens most tokens of a completion
 * @param decoding  keyword arguments of transformers' {@code generate}: {@code do_sample}, and those that have
 *                  an effect with it
 */
public record GenerationSettings(List<String> until, int maxTokens, Map<String, Object> decoding) {
    /** {@code lm_eval.defaults.DEFAULT_MAX_GEN_TOKS}. */
    private static final int DEFAULT_MAX_TOKENS = 256;
    private static final String UNTIL = "until";
    private static final String SAMPLE = "do_sample";
    private static final String TEMPERATURE = "temperature";
    private static final String BEAMS = "num_beams";
    /** Names of one thing: the first that is given counts. */
    private static final List<String> MAX_TOKENS =
            List.of("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens");
    /** Without sampling they have no effect, and transformers warns. */
    private static final List<String> OF_SAMPLING = List.of("top_p", "min_p", "typical_p", "top_k");
    private static final List<String> ALWAYS = List.of("repetition_penalty", "no_repeat_ngram_size");
    private static final List<String> WHOLE_NUMBERS = List.of("top_k", "no_repeat_ngram_size");
    private static final List<String> KEYS = Stream.of(List.of(UNTIL, SAMPLE, TEMPERATURE, BEAMS), MAX_TOKENS,
            OF_SAMPLING, ALWAYS).flatMap(List::stream).toList();

    /**
     * Copies what it is given.
     *
     * @param until     stop strings
     * @param maxTokens most tokens of a completion
     * @param decoding  keyword arguments
     */
    public GenerationSettings {
        until = List.copyOf(until);
        decoding = Map.copyOf(decoding);
    }

    /**
     * Reads a task's {@code generation_kwargs}.
     *
     * @param task     its name, for messages
     * @param keywords as the task's file has them, with the {@code until} that a task has by default
     *                 ({@code ballast.tasks} puts it there); null as a number counts as not given
     * @return the settings
     * @throws InvalidInputException if a key is not known, or a value cannot be used
     */
    public static GenerationSettings of(String task, Map<String, ?> keywords) {
        Keywords given = new Keywords(task, keywords);
        given.checkKeys();
        int maxTokens = MAX_TOKENS.stream().map(given::wholeNumber).filter(Objects::nonNull).findFirst()
                .orElse(DEFAULT_MAX_TOKENS);
        if (maxTokens < 1) {
            throw given.wrong(MAX_TOKENS.get(0), "at least 1", maxTokens);
        }
        Integer beams = given.wholeNumber(BEAMS);
        if (beams != null && beams != 1) {
            throw given.wrong(BEAMS, "1 (there is no beam search)", beams);
        }
        return new GenerationSettings(given.until(), maxTokens, given.decoding());
    }

    /** What a task's file says. */
    private record Keywords(String task, Map<String, ?> values) {
        void checkKeys() {
            for (String key : values.keySet()) {
                if (!KEYS.contains(key)) {
                    throw new InvalidInputException("task " + task + ": generation_kwargs has the unknown key '" + key
                            + "'. " + NearestName.advice(key, KEYS));
                }
            }
        }

        List<String> until() {
            if (!values.containsKey(UNTIL)) {
                return List.of();
            }
            List<String> strings = new ArrayList<>();
            for (Object each : values.get(UNTIL) instanceof List<?> list ? list
                    : Collections.singletonList(values.get(UNTIL))) {
                if (!(each instanceof String string)) {
                    throw wrong(UNTIL, "a string or a list of strings", values.get(UNTIL));
                }
                strings.add(string);
            }
            return strings;
        }

        /** Beside {@code do_sample} what has an effect with it, so that settings that mean the same are equal. */
        Map<String, Object> decoding() {
            Map<String, Object> decoding = new LinkedHashMap<>();
            boolean sample = sample();
            decoding.put(SAMPLE, sample);
            if (sample) {
                decoding.put(TEMPERATURE, number(TEMPERATURE));
                OF_SAMPLING.forEach(key -> put(decoding, key));
            }
            ALWAYS.forEach(key -> put(decoding, key));
            return decoding;
        }

        private boolean sample() {
            Object wanted = values.get(SAMPLE);
            if (wanted != null && !(wanted instanceof Boolean)) {
                throw wrong(SAMPLE, "true or false", wanted);
            }
            Double temperature = number(TEMPERATURE);
            boolean warm = temperature != null && temperature > 0;
            if (Boolean.TRUE.equals(wanted) && !warm) {
                throw wrong(TEMPERATURE, "more than 0, for do_sample is true", temperature);
            }
            return wanted == null ? warm : (Boolean) wanted;
        }

        private void put(Map<String, Object> decoding, String key) {
            Double value = number(key);
            if (value != null) {
                decoding.put(key, WHOLE_NUMBERS.contains(key) ? (Object) wholeNumber(key) : value);
            }
        }

        Integer wholeNumber(String key) {
            Double value = number(key);
            if (value != null && value != value.intValue()) {
                throw wrong(key, "a whole number", value);
            }
            return value == null ? null : Integer.valueOf(value.intValue());
        }

        /** A number, also one in quotes: PyYAML reads 1e-4 as a string. */
        Double number(String key) {
            Object value = values.get(key);
            if (value == null) {
                return null;
            }
            try {
                return Double.valueOf(value instanceof Number || value instanceof String ? value.toString() : "none");
            } catch (NumberFormatException none) {
                throw wrong(key, "a number", value);
            }
        }

        InvalidInputException wrong(String key, String expected, Object found) {
            return new InvalidInputException("task " + task + ": generation_kwargs." + key + ": expected " + expected
                    + ", found " + found);
        }
    }
}
