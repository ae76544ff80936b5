package io.ballast.train;

import io.ballast.config.AdapterConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.Words;
import io.ballast.data.Batch;
import io.ballast.data.BatchPlan;
import io.ballast.data.BatchRing;
import io.ballast.data.PhaseData;
import io.ballast.python.Bridge;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The model of an experiment as its training finds it: opened, with its adapter. */
final class PreparedModel {
    private static final int SLOTS = 2;
    private static final int FILLING_THREADS = 1;

    private PreparedModel() {
    }

    /** Opens the base model. */
    static long open(Bridge bridge, Path folder, ExperimentConfig config) {
        return bridge.models().open(folder, Words.of(config.model().dtype()), config.model().device(),
                config.model().gradientCheckpointing(), config.seed(), bits(config));
    }

    /** In which the base is held; null where it is whole. */
    static Integer bits(ExperimentConfig config) {
        return config.adapter() == null ? null : config.adapter().bits();
    }

    /** Whether the adapter's initial values are made from general text. */
    static boolean startsFromText(ExperimentConfig config) {
        return config.adapter() != null && config.adapter().samples() != null;
    }

    /**
     * Puts the experiment's adapter on, if it has one.
     *
     * @param general the general phase's data, where the adapter starts from it
     */
    static void addAdapter(Bridge bridge, long model, ExperimentConfig config, PhaseData general) {
        AdapterConfig adapter = config.adapter();
        if (adapter == null) {
            return;
        }
        long samples = adapter.samples() == null ? 0 : samples(bridge, model, adapter.samples(), general);
        try {
            bridge.models().addAdapter(model, settings(adapter), config.seed(), samples);
        } finally {
            if (samples != 0) {
                bridge.release(samples);
            }
        }
    }

    /** The first documents that the general phase will see, each once. */
    private static long samples(Bridge bridge, long model, int documents, PhaseData general) {
        long samples = bridge.models().beginSamples(model);
        BatchPlan plan = general.plan(1, false);
        try (BatchRing ring = new BatchRing(plan, SLOTS, FILLING_THREADS, plan::allocateSlot)) {
            for (long i = Math.min(documents, general.statistics().rows()); i > 0; i--) {
                BatchRing.Slot slot = ring.take();
                Batch batch = slot.batch();
                bridge.models().addDocuments(samples, slot.buffer(), batch.rows(), batch.length(), batch.packed());
                ring.release(slot);
            }
        }
        return samples;
    }

    /** What Python is told of an adapter. */
    static Map<String, Object> settings(AdapterConfig adapter) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("kind", Words.of(adapter.kind()));
        settings.put("rank", adapter.rank());
        settings.put("alpha", adapter.alpha());
        settings.put("dropout", adapter.dropout());
        settings.put("targets", adapter.targets());
        settings.put("preserved", adapter.preserved());
        return settings;
    }
}
