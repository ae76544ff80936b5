package io.ballast.djl;

import io.ballast.Generation;
import io.ballast.InvalidInputException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** DJL's arguments about generation: {@code optArgument("maxTokens", 64)}, or {@code hf://org/name?maxTokens=64}. */
final class GenerationArguments {
    /** As of lm-eval's {@code max_gen_toks}. */
    private static final int DEFAULT_MAX_TOKENS = 256;
    private static final String WHOLE = "a whole number";
    private static final String NUMBER = "a number";

    private final Map<String, ?> arguments;

    private GenerationArguments(Map<String, ?> arguments) {
        this.arguments = arguments;
    }

    /** What is not given: the likeliest token each time, 256 tokens at most. */
    static Generation read(Map<String, ?> arguments) {
        GenerationArguments given = new GenerationArguments(arguments);
        try {
            return new Generation(given.value("maxTokens", WHOLE, Integer::valueOf, DEFAULT_MAX_TOKENS),
                    given.value("temperature", NUMBER, Double::valueOf, 0.0),
                    given.value("topP", NUMBER, Double::valueOf, 1.0), given.stop(),
                    given.value("seed", WHOLE, Long::valueOf, 0L));
        } catch (InvalidInputException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private <T> T value(String key, String expected, Function<String, T> parse, T otherwise) {
        Object value = arguments.get(key);
        try {
            return value == null ? otherwise : parse.apply(value.toString());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("Expected DJL's argument " + key + " to be " + expected + "; found "
                    + value + ". Correct it in optArgument, or behind the address's question mark.", e);
        }
    }

    private List<String> stop() {
        Object value = arguments.get("stop");
        if (value instanceof Collection<?> several) {
            return several.stream().map(String::valueOf).toList();
        }
        return value == null ? List.of() : List.of(value.toString());
    }
}
