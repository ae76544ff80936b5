package io.ballast.train;

import io.ballast.InvalidInputException;
import io.ballast.config.AdapterConfig;
import io.ballast.config.AdapterConfig.Carry;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ImportanceConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.Words;
import io.ballast.python.Bridge;
import java.util.Map;
import java.util.Set;

/** Whether several ranks can run an experiment: each of them holds a part of every tensor. */
final class RankCheck {
    private static final Set<AdapterConfig.Kind> ADAPTERS = Set.of(AdapterConfig.Kind.LORA, AdapterConfig.Kind.RSLORA);
    private static final Set<ImportanceConfig.Storage> STORAGES =
            Set.of(ImportanceConfig.Storage.FLOAT32, ImportanceConfig.Storage.BFLOAT16);

    private RankCheck() {
    }

    /**
     * Refuses what would need whole tensors on every rank.
     *
     * @throws InvalidInputException naming the setting
     */
    static void check(ExperimentConfig config, Bridge bridge) {
        int ranks = bridge.ranks().size();
        if (ranks == 1) {
            if (config.model().offload()) {
                throw new InvalidInputException("model.offload: expected several ranks (--nproc-per-node), found one. Leave"
                        + " it out, or start more.");
            }
            return;
        }
        Map<String, Object> method = bridge.methods().describe(config.retention().method(), config.retention().options());
        if (!Boolean.TRUE.equals(method.get("sharded"))) {
            refuse("retention.method", "one that works on parts of tensors (none, l2, hierarchical)",
                    config.retention().method());
        }
        if (config.adapter() != null && !ADAPTERS.contains(config.adapter().kind())) {
            refuse("adapter.kind", "lora or rslora, or no adapter", Words.of(config.adapter().kind()));
        }
        if (config.retention().space() == RetentionConfig.Space.EFFECTIVE) {
            refuse("retention.space", "factors", "effective");
        }
        if (!STORAGES.contains(config.importance().storage())) {
            refuse("importance.storage", "float32 or bfloat16", Words.of(config.importance().storage()));
        }
        if (config.importance().permute()) {
            refuse("importance.permute", "false", "true");
        }
        if (config.phases().stream().anyMatch(PhaseConfig::autoBatch)) {
            refuse("autoBatch", "false", "true, which one rank would follow and the others not");
        }
        if (config.adapter() != null && config.domain().size() > 1 && config.adapter().carry() != Carry.CONTINUE) {
            refuse("adapter.carry", "continue", Words.of(config.adapter().carry()) + ", which folds it into whole weights");
        }
        if (config.afterTraining() != null) {
            refuse("afterTraining", "no such block (soften the finished run with 'ballast soften')",
                    Words.of(config.afterTraining().method()));
        }
    }

    private static void refuse(String key, String expected, String found) {
        throw new InvalidInputException(key + ": expected " + expected + " on several ranks, found " + found
                + ". Change it, or run the experiment on one rank.");
    }
}
