package io.ballast.examples.service;

import io.ballast.Generation;
import io.ballast.InvalidInputException;
import java.util.List;
import java.util.Objects;

/**
 * What is to be completed, and how. What is null has a default: the service's own model, 100 tokens, the likeliest
 * each time.
 *
 * @param run id of a run whose model writes
 */
record Prompt(String prompt, String run, Integer maxTokens, Double temperature, Double topP, List<String> stop,
        Long seed) {
    String text() {
        if (prompt == null) {
            throw new InvalidInputException("prompt: expected a text; found none. Send {\"prompt\": \"…\"}.");
        }
        return prompt;
    }

    Generation generation() {
        if (stop != null && stop.contains(null)) {
            throw new InvalidInputException("stop: expected texts; found null among them.");
        }
        return new Generation(or(maxTokens, 100), or(temperature, 0.0), or(topP, 1.0), or(stop, List.of()),
                or(seed, 0L));
    }

    private static <T> T or(T given, T otherwise) {
        return Objects.requireNonNullElse(given, otherwise);
    }
}
