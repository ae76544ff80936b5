package io.ballast.train;

import io.ballast.config.ExperimentConfig;
import io.ballast.config.ImportanceConfig;
import io.ballast.config.RetentionConfig;
import java.util.List;

/** How large a run folder will be: its model and its anchors; all else is small. */
final class DiskUse {
    private static final int FLOAT32_BYTES = 4;
    /** Of each element kept one by one: its value and the distance from the one before. */
    private static final int SPARSE_BYTES = 3;

    private DiskUse() {
    }

    /**
     * @param parameters of the model
     * @param trained    how many of them are trained
     * @param phases     with the bytes of what they are held by
     */
    static long bytes(ExperimentConfig config, long parameters, long trained, List<Forecast.Phase> phases) {
        long model = phases.isEmpty() ? 0 : FLOAT32_BYTES * (config.adapter() == null ? parameters : trained);
        return model + anchors(config) * anchorBytes(config, trained, phases);
    }

    /** One of the general phase, and one of each domain that another one follows. */
    private static long anchors(ExperimentConfig config) {
        boolean carries = config.general() != null || config.retention().anchor() != null;
        return (config.general() == null ? 0 : 1) + (carries ? Math.max(0, config.domain().size() - 1) : 0);
    }

    private static long anchorBytes(ExperimentConfig config, long trained, List<Forecast.Phase> phases) {
        long reference = config.retention().reference() == RetentionConfig.Reference.START ? 0 : FLOAT32_BYTES * trained;
        // In the space of an adapter's effect there are as many elements of Ω as the adapted matrices have.
        long elements = config.retention().space() == RetentionConfig.Space.EFFECTIVE
                ? phases.get(0).retention() / FLOAT32_BYTES : trained;
        return reference + (long) (elements * bytesAnElement(config.importance()));
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
}
