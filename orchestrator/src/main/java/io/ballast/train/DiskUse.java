package io.ballast.train;

import io.ballast.config.AdapterConfig;
import io.ballast.config.CheckpointConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ImportanceConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.data.DiskSpace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How large a run folder will be: its model, its anchors, and its checkpoints while it lasts; all else is small. */
final class DiskUse {
    private static final int FLOAT32_BYTES = 4;
    /** Of each element kept one by one: its value and the distance from the one before. */
    private static final int SPARSE_BYTES = 3;
    /** Parameters and AdamW's moments. */
    private static final int TENSORS_OF_A_STEP = 3;
    /** What a Riemannian walk gathers along the way. */
    private static final int TENSORS_OF_A_WALK = 5;
    private static final String WALK = "riemannian_walk";

    private final ExperimentConfig config;
    private final List<Forecast.Plan> plans;
    private final long parameters;
    private final long trained;
    private final long adapted;

    /**
     * @param plans      of all phases
     * @param parameters of the model
     * @param trained    how many of them are trained
     * @param adapted    how many numbers the matrices under an adapter have
     */
    DiskUse(ExperimentConfig config, List<Forecast.Plan> plans, long parameters, long trained, long adapted) {
        this.config = config;
        this.plans = plans;
        this.parameters = parameters;
        this.trained = trained;
        this.adapted = adapted;
    }

    /** @param phases with their seconds, where they are known */
    Forecast.Disk foreseen(List<Forecast.Phase> phases) {
        long free = freeBytes(Path.of(config.output()));
        long most = mostBytes(phases);
        long tokens = plans.stream().mapToLong(Forecast.Plan::tokenBytes).sum();
        return new Forecast.Disk(leftBytes(), most, tokens + (config.importance().cache() == null ? 0 : anchorBytes()), free,
                phases.stream().anyMatch(phase -> phase.seconds() == null) ? null : secondsToWrite(),
                most <= free ? List.of() : advice(phases, free));
    }

    private Double secondsToWrite() {
        try {
            return DiskSpace.secondsToWrite(Path.of(config.output()), leftBytes());
        } catch (IOException full) { // Whether it fits is told by its bytes.
            return null;
        }
    }

    /** What a run on a GPU copies to the machine's memory or reads there: its base, and later the checkpoint on its way. */
    long onHostBytes() {
        boolean copies = config.checkpoint().keep() > 0 && !Boolean.FALSE.equals(config.checkpoint().async());
        long copied = copies ? plans.stream().mapToLong(this::checkpointBytes).max().orElse(0) : 0;
        long opened = PreparedModel.bits(config) != null ? 0 : FLOAT32_BYTES * parameters;
        return Math.max(opened, copied);
    }

    private long leftBytes() {
        boolean isWhole = config.adapter() == null
                || config.adapter().carry() == AdapterConfig.Carry.MERGE && config.domain().size() > 1;
        long model = plans.isEmpty() ? 0 : FLOAT32_BYTES * (isWhole ? parameters : trained);
        long carried = DomainPhases.areAnchorsKept(config) ? carriedAnchors() : 0;
        return model + (carried + (config.general() == null ? 0 : 1)) * anchorBytes();
    }

    private long mostBytes(List<Forecast.Phase> phases) {
        boolean isKeptApart = config.checkpoint().keep() > 0 && !DomainPhases.areAnchorsKept(config);
        return leftBytes() + (isKeptApart ? carriedAnchors() * anchorBytes() : 0) + checkpointBytes(phases);
    }

    /** One of each domain that another one follows. */
    private long carriedAnchors() {
        boolean carries = config.general() != null || config.retention().anchor() != null;
        return carries ? Math.max(0, config.domain().size() - 1) : 0;
    }

    /** As {@link io.ballast.checkpoint.CheckpointStore} keeps them: one more while it is written, and where the phase began. */
    private long checkpointBytes(List<Forecast.Phase> phases) {
        long keep = config.checkpoint().keep();
        long most = 0;
        long start = 0;
        for (int i = 0; keep > 0 && i < phases.size(); i++) {
            long written = written(phases.get(i));
            long each = checkpointBytes(plans.get(i));
            long end = FLOAT32_BYTES * (trained + (isFolded(i) ? adapted : 0));
            most = Math.max(most, start + Math.max(Math.min(written, keep + 1) * each,
                    Math.min(written, keep) * each + end));
            start = end;
        }
        return most;
    }

    /** Whether former adapters are in the base's weights when the phase ends, which then are part of a checkpoint. */
    private boolean isFolded(int phase) {
        return config.adapter() != null && config.adapter().carry() != AdapterConfig.Carry.CONTINUE
                && phase > (config.general() == null ? 0 : 1);
    }

    /** A stop writes one too. */
    private long written(Forecast.Phase phase) {
        CheckpointConfig checkpoint = config.checkpoint();
        if (phase.seconds() == null) {
            return Long.MAX_VALUE;
        }
        long bySteps = checkpoint.steps() == null ? 0 : (phase.steps() - 1) / checkpoint.steps();
        return 1 + Math.max(bySteps, (long) (phase.seconds() / (checkpoint.minutes() * TimeUnit.MINUTES.toSeconds(1))));
    }

    private long checkpointBytes(Forecast.Plan plan) {
        long measured = plan.measured() == null ? 0
                : plan.measured().equals(WALK) ? TENSORS_OF_A_WALK * trained : importanceElements();
        return FLOAT32_BYTES * (TENSORS_OF_A_STEP * trained + measured);
    }

    private long anchorBytes() {
        long reference = config.retention().reference() == RetentionConfig.Reference.START ? 0 : FLOAT32_BYTES * trained;
        return reference + (long) (importanceElements() * bytesAnElement(config.importance()));
    }

    /** In the space of an adapter's effect Ω has as many elements as the adapted matrices. */
    private long importanceElements() {
        return config.retention().space() == RetentionConfig.Space.EFFECTIVE ? adapted : trained;
    }

    private static double bytesAnElement(ImportanceConfig importance) {
        return switch (importance.storage()) {
            case FLOAT32 -> FLOAT32_BYTES;
            case BFLOAT16 -> Short.BYTES;
            case INT8 -> 1;
            case SPARSE -> SPARSE_BYTES * importance.share();
            case FACTORED -> 0;
        };
    }

    /** Tries what costs nothing but a resumed run's time, then what makes importance less exact. */
    private List<String> advice(List<Forecast.Phase> phases, long free) {
        ExperimentConfig narrow = config.withImportance(config.importance().withStorage(ImportanceConfig.Storage.INT8));
        List<String> fitting = new ArrayList<>();
        if (with(keeping(config, 1)).mostBytes(phases) <= free) {
            fitting.add("checkpoint.keep: 1");
        }
        if (with(keeping(config, 0)).mostBytes(phases) <= free) {
            fitting.add("checkpoint.keep: 0, without which an interrupted run begins again");
        }
        if (with(narrow).mostBytes(phases) <= free) {
            fitting.add("importance.storage: int8");
        } else if (with(keeping(narrow, 0)).mostBytes(phases) <= free) {
            fitting.add("importance.storage: int8 and checkpoint.keep: 0");
        }
        return List.copyOf(fitting);
    }

    private DiskUse with(ExperimentConfig other) {
        return new DiskUse(other, plans, parameters, trained, adapted);
    }

    private static ExperimentConfig keeping(ExperimentConfig config, int number) {
        return config.withCheckpoint(config.checkpoint().keeping(number));
    }

    private static long freeBytes(Path folder) {
        try {
            return DiskSpace.freeBytes(folder);
        } catch (IOException unknown) {
            return Long.MAX_VALUE;
        }
    }
}
