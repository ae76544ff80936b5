package io.ballast.train;

import io.ballast.eval.GenerationSettings;
import io.ballast.eval.TextGenerator;
import io.ballast.python.Bridge;
import io.ballast.ranks.Rounds;

import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Completes prompts by a model behind the bridge.
 *
 * @param bridge    to Python
 * @param model     its handle
 * @param tokenizer folder of the tokenizer that made the prompts' ids
 */
public record BridgeGenerator(Bridge bridge, long model, Path tokenizer) implements TextGenerator {
    @Override
    public List<String> generate(LongBuffer prompts, int rows, int length, GenerationSettings settings, long seed) {
        return bridge.completions().complete(model, tokenizer, prompts, rows, length, settings.until(),
                settings.maxTokens(), settings.decoding(), seed);
    }

    @Override
    public Rounds rounds() {
        return new Rounds(bridge.ranks(), model);
    }
}
