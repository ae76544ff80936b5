package io.ballast.train;

import io.ballast.config.DataConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.data.CacheFolder;
import io.ballast.data.DataStatistics;
import io.ballast.data.PhaseData;
import io.ballast.data.Tokenizer;
import io.ballast.python.Bridge;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;

/** Reads the rows that an experiment's phases are trained on, as tokens of its model. */
final class PhaseRows {
    private static final int DEFAULT_MAX_LENGTH = 1024;
    private static final String GENERAL = "general";
    private static final String REPLAY = "replay";

    private final Bridge bridge;
    private final ExperimentConfig config;
    private final Tokenizer tokenizer;
    private final int window;
    private final BiConsumer<String, String> warn;

    /**
     * @param config    whose data are files here
     * @param tokenizer of its model
     * @param window    tokens that the model reads at once
     * @param warn      hears of a phase's rows that were cut: the phase, and what happened
     */
    PhaseRows(Bridge bridge, ExperimentConfig config, Tokenizer tokenizer, int window, BiConsumer<String, String> warn) {
        this.bridge = bridge;
        this.config = config;
        this.tokenizer = tokenizer;
        this.window = window;
        this.warn = warn;
    }

    /** Those of the general phase, or null where there is none. */
    PhaseData general() {
        return config.general() == null ? null : read(GENERAL, config.general().data(), maxLength(config.general()));
    }

    /** Those of a domain phase, general ones mixed in where it has replay. */
    PhaseData domain(PhaseConfig domain) {
        PhaseData own = read(domain.domainName(), domain.data(), maxLength(domain));
        if (domain.replay() == 0) {
            return own;
        }
        List<DataConfig> replayed = domain.replayData() != null ? domain.replayData() : config.general().data();
        return own.withReplay(read(REPLAY, replayed, maxLength(domain)), domain.replay());
    }

    /** Tokens of a phase's rows at most. */
    int maxLength(PhaseConfig phase) {
        return phase.maxLength() != null ? phase.maxLength() : Math.min(window, DEFAULT_MAX_LENGTH);
    }

    private PhaseData read(String name, List<DataConfig> entries, int maxLength) {
        Path model = Path.of(config.model().path());
        PhaseData data = PhaseData.prepare(entries, tokenizer, maxLength, CacheFolder.of("tokens"),
                (messages, addGenerationPrompt) -> bridge.models().renderChat(model, messages, addGenerationPrompt),
                config.seed());
        DataStatistics counts = data.statistics();
        if (counts.truncatedRows() > 0) {
            warn.accept(name, counts.truncatedRows() + " of " + counts.rows() + " rows of the " + name
                    + " data are longer than " + maxLength + " tokens; " + counts.droppedTokens() + " tokens were cut");
        }
        return data;
    }
}
