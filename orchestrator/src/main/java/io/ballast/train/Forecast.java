package io.ballast.train;

import io.ballast.config.AdapterConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.Words;
import io.ballast.data.CacheFolder;
import io.ballast.data.PhaseData;
import io.ballast.data.Tokenizer;
import io.ballast.python.Bridge;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What an experiment's phases will read and hold, before any weight is loaded. Memory is counted by letting each phase take
 * two steps on tensors without data (Python's {@code ballast.estimate}); its rows are tokenized, which the run then finds
 * done.
 *
 * @param parameters     of the model, an adapter's among them
 * @param trained        how many of them are trained
 * @param device         where
 * @param availableBytes that are free there
 * @param programBytes   that the program itself holds there, beside a phase's
 * @param phases         in their order
 * @param advice         where it does not fit: settings that make it fit
 */
public record Forecast(long parameters, long trained, String device, long availableBytes, long programBytes,
        List<Phase> phases, List<String> advice) {
    private static final String GENERAL = "general";

    /**
     * One phase. Each frees what it held, so the largest counts.
     *
     * @param name       general, or the domain's
     * @param steps      of the optimizer
     * @param rows       of a micro-batch
     * @param longestRow tokens of the longest row
     * @param weights    bytes of the model
     * @param optimizer  bytes of AdamW's moments
     * @param retention  bytes of ω and θ⁰ while importance is measured, of an anchor's Ω and θ*, or of a second model
     * @param step       bytes of gradients, and of what forward and backward hold at most
     */
    public record Phase(String name, long steps, int rows, int longestRow, long weights, long optimizer, long retention,
            long step) {
        /** @return bytes of all parts together */
        public long bytes() {
            return weights + optimizer + retention + step;
        }
    }

    /** What is known of a phase before its memory is. */
    private record Plan(String name, int rows, long steps, int longestRow, Map<String, Object> settings) {
        Map<String, Object> toPython() {
            return Map.of("rows", rows, "length", longestRow, "settings", settings);
        }

        Plan withRows(int fewer) {
            return new Plan(name, fewer, steps, longestRow, settings);
        }
    }

    /**
     * Looks ahead.
     *
     * @param config of the experiment, its model a folder here and its data files
     * @param bridge to Python
     * @return what is to be expected
     * @throws io.ballast.InvalidInputException when a row cannot be used, or the size of the experiment's adapter depends
     *                                          on the weights
     */
    public static Forecast of(ExperimentConfig config, Bridge bridge) {
        Path model = Path.of(config.model().path());
        List<Plan> plans = new ArrayList<>();
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            int window = bridge.contextWindow(model);
            String kind = ImportanceMeasurement.ofGeneralPhase(bridge, config.retention());
            String measured = ImportanceMeasurement.isAlongTheWay(kind) ? kind : null;
            Stream.ofNullable(config.general()).forEach(phase -> plans.add(plan(GENERAL, phase, config, tokenizer, window,
                    bridge, new PhaseTraining.Beside("none", Map.of(), 0, measured))));
            config.domain().forEach(phase -> plans.add(plan(phase.domainName(), phase, config, tokenizer, window, bridge,
                    new PhaseTraining.Beside(config.retention().method(), config.retention().options(), 0, null))));
        }
        Forecast asItIs = of(config, plans, config.model().gradientCheckpointing(), config.adapter(), bridge);
        return asItIs.fits() ? asItIs : asItIs.withAdvice(config, plans, bridge);
    }

    private static Forecast of(ExperimentConfig config, List<Plan> plans, boolean gradientCheckpointing,
            AdapterConfig adapter, Bridge bridge) {
        return of(plans, bridge.estimate(Path.of(config.model().path()), Words.of(config.model().dtype()),
                gradientCheckpointing, adapter == null ? null : PreparedModel.settings(adapter),
                plans.stream().map(Plan::toPython).toList(), config.model().device()));
    }

    /** Tries what others do whose model does not fit: first what costs time, then what trains less. */
    private Forecast withAdvice(ExperimentConfig config, List<Plan> plans, Bridge bridge) {
        List<Plan> single = plans.stream().map(plan -> plan.withRows(1)).toList();
        List<String> fitting = new ArrayList<>();
        if (of(config, plans, true, config.adapter(), bridge).fits()) {
            fitting.add("model.gradientCheckpointing: true");
        }
        if (of(config, single, config.model().gradientCheckpointing(), config.adapter(), bridge).fits()) {
            fitting.add("batchSize: 1, with gradientAccumulation in its place");
        }
        if (of(config, single, true, config.adapter(), bridge).fits()) {
            fitting.add("both");
        }
        if (config.adapter() == null && of(config, single, true, AdapterConfig.lora(), bridge).fits()) {
            fitting.add("adapter: {\"kind\": \"lora\"}, with both");
        }
        return new Forecast(parameters, trained, device, availableBytes, programBytes, phases, List.copyOf(fitting));
    }

    private static Plan plan(String name, PhaseConfig phase, ExperimentConfig config, Tokenizer tokenizer, int window,
            Bridge bridge, PhaseTraining.Beside beside) {
        int maxLength = Workbench.maxLength(phase, window);
        try (PhaseData data = PhaseData.prepare(phase.data(), tokenizer, maxLength, CacheFolder.of("tokens"),
                (messages, addGenerationPrompt) -> bridge.renderChat(Path.of(config.model().path()), messages,
                        addGenerationPrompt), config.seed())) {
            long steps = PhaseTraining.steps(phase, data);
            int longest = phase.packing() ? maxLength : data.statistics().longestRow();
            return new Plan(name, phase.batchSize(), steps, longest,
                    PhaseTraining.settings(config, phase, steps, config.seed(), beside));
        }
    }

    private static Forecast of(List<Plan> plans, Map<String, Object> estimate) {
        List<Phase> phases = new ArrayList<>();
        List<?> parts = (List<?>) estimate.get("phases");
        for (int i = 0; i < plans.size(); i++) {
            Plan plan = plans.get(i);
            Map<?, ?> bytes = (Map<?, ?>) parts.get(i);
            phases.add(new Phase(plan.name(), plan.steps(), plan.rows(), plan.longestRow(),
                    number(bytes, "weights"), number(bytes, "optimizer"), number(bytes, "retention"), number(bytes, "step")));
        }
        return new Forecast(number(estimate, "parameters"), number(estimate, "trained"), (String) estimate.get("device"),
                number(estimate, "availableBytes"), number(estimate, "programBytes"), List.copyOf(phases), List.of());
    }

    private static long number(Map<?, ?> values, String name) {
        return ((Number) values.get(name)).longValue();
    }

    /** @return bytes of the phase that holds most, the program's among them */
    public long peakBytes() {
        return programBytes + phases.stream().mapToLong(Phase::bytes).max().orElse(0);
    }

    /** @return whether the phase that holds most has room in what is free now */
    public boolean fits() {
        return peakBytes() - programBytes <= availableBytes;
    }
}
