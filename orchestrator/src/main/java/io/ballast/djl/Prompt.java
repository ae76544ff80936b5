package io.ballast.djl;

import io.ballast.Generation;
import io.ballast.Model;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * What a model is asked to go on from.
 *
 * @param text    the prompt
 * @param how     how it is written
 * @param stopped set when nobody wants the rest any more
 */
record Prompt(String text, Generation how, AtomicBoolean stopped) {
    Prompt(String text, Generation how) {
        this(text, how, new AtomicBoolean());
    }

    /** All prompts of a predictor have the same settings: one call. */
    static List<String> complete(Model model, List<Prompt> prompts) {
        return model.generate(prompts.stream().map(Prompt::text).toList(), prompts.get(0).how());
    }
}
