package io.ballast.train;

import io.ballast.DeviceOutOfMemoryException;
import io.ballast.config.AdapterConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.Words;
import io.ballast.data.BatchPlan;
import io.ballast.data.PhaseData;
import io.ballast.data.Tokenizer;
import io.ballast.python.Bridge;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What an experiment's run will hold and take. Memory is counted by letting each phase take two steps on tensors without
 * data (Python's {@code ballast.estimate}), before a weight is loaded; its rows are tokenized, which the run then finds
 * done. Where it fits, time comes from a {@link Rehearsal}: a few steps and a few questions on the real model.
 *
 * @param parameters        of the model, an adapter's among them
 * @param trained           how many of them are trained
 * @param device            where
 * @param availableBytes    that are free there
 * @param programBytes      that the program itself holds there, beside a phase's
 * @param phases            in their order
 * @param openingSeconds    to open model and data; null, as the next two, where it was not rehearsed
 * @param importanceSeconds to measure importance after the general phase, and its loss before and after
 * @param evaluationSeconds of all stages, when no answers are kept
 * @param diskBytes         of the run folder: model and anchor
 * @param advice            where it does not fit: settings that make it fit
 */
public record Forecast(long parameters, long trained, String device, long availableBytes, long programBytes,
        List<Phase> phases, Double openingSeconds, Double importanceSeconds, Double evaluationSeconds, long diskBytes,
        List<String> advice) {
    private static final String CPU = "cpu";

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
     * @param seconds    of all its steps; 0 where nothing is trained; null where it was not rehearsed
     */
    public record Phase(String name, long steps, int rows, int longestRow, long weights, long optimizer, long retention,
            long step, Double seconds) {
        /** @return bytes of all parts together */
        public long bytes() {
            return weights + optimizer + retention + step;
        }

        private Phase taking(double foreseen) {
            return new Phase(name, steps, rows, longestRow, weights, optimizer, retention, step, foreseen);
        }
    }

    /** What is known of a phase before its memory is. */
    private record Plan(String name, int rows, long steps, int longestRow, int rehearsedRow, Map<String, Object> settings) {
        Map<String, Object> toPython() {
            return Map.of("rows", rows, "length", longestRow, "settings", settings);
        }

        Plan withRows(int fewer) {
            return new Plan(name, fewer, steps, longestRow, rehearsedRow, settings);
        }

        Plan rehearsed() {
            return new Plan(name, rows, steps, rehearsedRow, rehearsedRow, settings);
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
        List<Plan> plans = plans(config, bridge);
        List<Plan> rehearsed = plans.stream().map(Plan::rehearsed).toList();
        Forecast whole = of(config, Stream.concat(plans.stream(), rehearsed.stream()).toList(),
                config.model().gradientCheckpointing(), config.adapter(), bridge);
        Forecast asItIs = whole.withPhases(whole.phases.subList(0, plans.size()));
        if (!asItIs.fits()) {
            return asItIs.withAdvice(config, plans, bridge);
        }
        try {
            return asItIs.rehearsed(config, whole.phases.subList(plans.size(), 2 * plans.size()), bridge);
        } catch (DeviceOutOfMemoryException other) { // Somebody else's memory, or pieces too small to use.
            return asItIs.withAdvice(config, plans, bridge);
        }
    }

    /**
     * What one of several ranks holds in the phase that holds most.
     *
     * @param ranks       how many there are together
     * @param parts       bytes of its share of weights, gradients, moments and what retention holds
     * @param gathered    bytes of whole parameters and gradients while they are used
     * @param activations bytes that forward and backward hold of its rows
     */
    public record Rank(int ranks, long parts, long gathered, long activations) {
        /** @return bytes of all together */
        public long bytes() {
            return parts + gathered + activations;
        }
    }

    /**
     * Looks ahead to several ranks.
     *
     * @param config as in {@link #of}
     * @param bridge to Python
     * @param ranks  how many there would be, each two or more
     * @return for each of these numbers what a rank would hold
     * @throws io.ballast.InvalidInputException as in {@link #of}
     */
    public static List<Rank> ofRanks(ExperimentConfig config, Bridge bridge, List<Integer> ranks) {
        AdapterConfig adapter = config.adapter();
        return bridge.estimateRanks(Path.of(config.model().path()), Words.of(config.model().dtype()),
                config.model().gradientCheckpointing(), adapter == null ? null : PreparedModel.settings(adapter),
                plans(config, bridge).stream().map(Plan::toPython).toList(), config.model().device(), ranks).stream()
                .map(each -> new Rank((int) number(each, "ranks"), number(each, "parts"), number(each, "gathered"),
                        number(each, "activations"))).toList();
    }

    private static List<Plan> plans(ExperimentConfig config, Bridge bridge) {
        List<Plan> plans = new ArrayList<>();
        try (Tokenizer tokenizer = Tokenizer.open(Path.of(config.model().path()))) {
            PhaseRows rows = new PhaseRows(bridge, config, tokenizer, bridge.contextWindow(Path.of(config.model().path())),
                    (phase, warning) -> { });
            String kind = ImportanceMeasurement.ofGeneralPhase(bridge, config.retention());
            String measured = ImportanceMeasurement.isAlongTheWay(kind) ? kind : null;
            Stream.ofNullable(config.general()).forEach(phase -> plans.add(plan(GeneralPhase.NAME, phase, rows.general(),
                    rows.maxLength(phase), config, new PhaseTraining.Beside("none", Map.of(), 0, measured))));
            config.domain().forEach(phase -> plans.add(plan(phase.domainName(), phase, rows.domain(phase),
                    rows.maxLength(phase), config, new PhaseTraining.Beside(config.retention().method(),
                            config.retention().options(), 0, null))));
        }
        return plans;
    }

    private static Plan plan(String name, PhaseConfig phase, PhaseData rows, int maxLength, ExperimentConfig config,
            PhaseTraining.Beside beside) {
        try (PhaseData data = rows) {
            long steps = PhaseTraining.steps(phase, data);
            int longest = phase.packing() ? maxLength : data.statistics().longestRow();
            BatchPlan plan = data.plan(phase.batchSize(), phase.packing());
            int rehearsed = Stream.generate(plan::next).limit(Rehearsal.batches(phase)).mapToInt(batch -> batch.length())
                    .max().orElse(longest);
            return new Plan(name, phase.batchSize(), steps, longest, rehearsed,
                    PhaseTraining.settings(config, phase, steps, config.seed(), beside));
        }
    }

    private static Forecast of(ExperimentConfig config, List<Plan> plans, boolean gradientCheckpointing,
            AdapterConfig adapter, Bridge bridge) {
        Map<String, Object> estimate = bridge.estimate(Path.of(config.model().path()), Words.of(config.model().dtype()),
                gradientCheckpointing, adapter == null ? null : PreparedModel.settings(adapter),
                plans.stream().map(Plan::toPython).toList(), config.model().device());
        List<Phase> phases = new ArrayList<>();
        List<?> parts = (List<?>) estimate.get("phases");
        for (int i = 0; i < plans.size(); i++) {
            Plan plan = plans.get(i);
            Map<?, ?> bytes = (Map<?, ?>) parts.get(i);
            phases.add(new Phase(plan.name(), plan.steps(), plan.rows(), plan.longestRow(), number(bytes, "weights"),
                    number(bytes, "optimizer"), number(bytes, "retention"), number(bytes, "step"), null));
        }
        long parameters = number(estimate, "parameters");
        long trained = number(estimate, "trained");
        return new Forecast(parameters, trained, (String) estimate.get("device"), number(estimate, "availableBytes"),
                number(estimate, "programBytes"), List.copyOf(phases), null, null, null,
                DiskUse.bytes(config, parameters, trained, phases), List.of());
    }

    /**
     * With the time that a rehearsal found. On a CPU it also shows what the program holds beside the phase: its heap, and
     * what the allocator keeps.
     *
     * @param onceMore the phases as long as their rehearsed rows
     */
    private Forecast rehearsed(ExperimentConfig config, List<Phase> onceMore, Bridge bridge) {
        Rehearsal.Timing timing = Rehearsal.of(config, bridge);
        List<Phase> timed = new ArrayList<>();
        long program = programBytes;
        for (int i = 0; i < phases.size(); i++) {
            String name = phases.get(i).name();
            Rehearsal.Phase found = timing.phases().stream().filter(each -> each.name().equals(name)).findFirst().orElse(null);
            timed.add(phases.get(i).taking(found == null ? 0 : found.seconds()));
            program = found == null || !device.equals(CPU) ? program
                    : Math.max(program, found.peakBytes() - onceMore.get(i).bytes());
        }
        return new Forecast(parameters, trained, device, availableBytes, program, List.copyOf(timed), timing.openingSeconds(),
                timing.importanceSeconds(), timing.evaluationSeconds(), diskBytes, List.of());
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
        return new Forecast(parameters, trained, device, availableBytes, programBytes, phases, null, null, null, diskBytes,
                List.copyOf(fitting));
    }

    private Forecast withPhases(List<Phase> others) {
        return new Forecast(parameters, trained, device, availableBytes, programBytes, List.copyOf(others), openingSeconds,
                importanceSeconds, evaluationSeconds, diskBytes, advice);
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

    /** @return seconds from the opening of the model to the last evaluation, or null where it was not rehearsed */
    public Double seconds() {
        return openingSeconds == null ? null : openingSeconds + importanceSeconds + evaluationSeconds
                + phases.stream().mapToDouble(Phase::seconds).sum();
    }
}
