package io.ballast.train;

import io.ballast.DeviceOutOfMemoryException;
import io.ballast.artifacts.AnchorDescription;
import io.ballast.config.AdapterConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.Words;
import io.ballast.data.BatchPlan;
import io.ballast.data.PhaseData;
import io.ballast.data.Tokenizer;
import io.ballast.python.Bridge;
import io.ballast.schema.MayBeAbsent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What an experiment's run will hold and take. Memory is counted by letting each phase take two steps on tensors without
 * data (Python's {@code ballast.training.estimate}), before a weight is loaded; its rows are tokenized, which the run
 * then finds done. Where it fits, time comes from a {@link Rehearsal}: a few steps and a few questions on the real model.
 *
 * @param parameters        of the model, an adapter's among them
 * @param trained           how many of them are trained
 * @param device            where
 * @param availableBytes    that are free there
 * @param programBytes      that the program itself holds there, beside a phase's
 * @param hostBytes         that the program holds in the machine's memory at most where a phase's are on a GPU; else null
 * @param phases            in their order
 * @param openingSeconds    to open model and data; null, as the next two, where it was not rehearsed
 * @param importanceSeconds to measure importance after phases and carry it on, and the general loss before and after
 * @param evaluationSeconds of all stages, when no answers are kept
 * @param disk              what will lie there; null in what an earlier version foresaw
 * @param advice            where memory has no room for it: settings that make it fit
 */
public record Forecast(long parameters, long trained, String device, long availableBytes, long programBytes,
        Long hostBytes, List<Phase> phases, Double openingSeconds, Double importanceSeconds, Double evaluationSeconds,
        @MayBeAbsent Disk disk, List<String> advice) {
    private static final String CPU = "cpu";

    /**
     * One phase: bytes at the moment when it holds most. Each frees what it held, so the largest counts.
     *
     * @param name        general, or the domain's
     * @param steps       of the optimizer
     * @param rows        of a micro-batch
     * @param longestRow  tokens of the longest row
     * @param weights     bytes of the model
     * @param gradients   bytes of the gradients that there are at that moment
     * @param optimizer   bytes of AdamW's moments
     * @param importance  bytes of ω and θ⁰ while importance is measured, and of what a step keeps for it
     * @param anchor      bytes of an anchor's Ω and θ*, or of a second model
     * @param activations bytes of what else forward, backward and the step hold
     * @param seconds     of all its steps; 0 where nothing is trained; null where it was not rehearsed
     */
    public record Phase(String name, long steps, int rows, int longestRow, long weights, long gradients, long optimizer,
            long importance, long anchor, long activations, Double seconds) {
        /** @return bytes of all parts together */
        public long bytes() {
            return weights + gradients + optimizer + importance + anchor + activations;
        }

        private Phase taking(double foreseen) {
            return new Phase(name, steps, rows, longestRow, weights, gradients, optimizer, importance, anchor, activations,
                    foreseen);
        }
    }

    /**
     * What a run will write.
     *
     * @param leftBytes  of the run folder at its end: model and anchors
     * @param mostBytes  of the run folder at any time: checkpoints too
     * @param cacheBytes of what is kept for other runs: the tokens of the data, which are there, and the anchor where
     *                   {@code importance.cache} keeps it
     * @param freeBytes  where the run folder will be
     * @param seconds    to write and hash what is left; null where that could not be tried, or nothing was rehearsed
     * @param advice     where there is no room for it: settings that make it fit
     */
    public record Disk(long leftBytes, long mostBytes, long cacheBytes, long freeBytes, Double seconds,
            List<String> advice) {
        /** @return whether there is room now for the most */
        public boolean fits() {
            return mostBytes <= freeBytes;
        }
    }

    /** What is known of a phase before its memory is. */
    record Plan(String name, PhaseConfig config, long steps, int longestRow, int rehearsedRow, long tokenBytes,
            Map<String, Object> anchor, Map<String, Object> settings) {
        Map<String, Object> toPython() {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("rows", config.batchSize());
            told.put("length", longestRow);
            told.put("packed", config.packing());
            told.put("accumulation", config.gradientAccumulation());
            told.put("anchor", anchor);
            told.put("settings", settings);
            return told;
        }

        Plan singly() {
            return new Plan(name, config.withBatches(1, config.gradientAccumulation() * config.batchSize()), steps,
                    longestRow, rehearsedRow, tokenBytes, anchor, settings);
        }

        Plan rehearsed() {
            return new Plan(name, config, steps, rehearsedRow, rehearsedRow, tokenBytes, anchor, settings);
        }

        String measured() {
            return (String) settings.get("importance");
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
        List<Plan> twice = Stream.concat(plans.stream(), plans.stream().map(Plan::rehearsed)).toList();
        Map<String, Object> estimate = estimate(config, twice, config.model().gradientCheckpointing(), config.adapter(),
                bridge);
        List<Phase> phases = phases(estimate, twice);
        long trained = number(estimate, "trained");
        String device = (String) estimate.get("device");
        boolean onCpu = device.equals(CPU);
        long program = number(estimate, "programBytes");
        DiskUse disk = new DiskUse(config, plans, number(estimate, "parameters"), trained, number(estimate, "adapted"));
        Forecast asItIs = new Forecast(number(estimate, "parameters"), trained, device,
                number(estimate, "availableBytes"), onCpu ? program : 0, onCpu ? null : program + disk.onHostBytes(),
                List.copyOf(phases.subList(0, plans.size())), null, null, null, null, List.of());
        Forecast forecast = asItIs.fits() ? asItIs.rehearsed(config, phases.subList(plans.size(), twice.size()), bridge)
                : asItIs;
        return forecast.seconds() == null ? forecast.with(disk.foreseen(forecast.phases), advice(config, plans, bridge))
                : forecast.with(disk.foreseen(forecast.phases), List.of());
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
        return bridge.estimates().ranks(Path.of(config.model().path()), Words.of(config.model().dtype()),
                config.model().gradientCheckpointing(), adapter == null ? null : PreparedModel.settings(adapter),
                plans(config, bridge).stream().map(Plan::toPython).toList(), config.model().device(), ranks).stream()
                .map(each -> new Rank((int) number(each, "ranks"), number(each, "parts"), number(each, "gathered"),
                        number(each, "activations"))).toList();
    }

    private static List<Plan> plans(ExperimentConfig config, Bridge bridge) {
        List<Plan> plans = new ArrayList<>();
        try (Tokenizer tokenizer = Tokenizer.open(Path.of(config.model().path()))) {
            PhaseRows rows = new PhaseRows(bridge, config, tokenizer,
                    bridge.models().contextWindow(Path.of(config.model().path())), (phase, warning) -> { });
            Map<String, Object> stored = anchor(Words.of(config.importance().storage()), config.importance().share());
            String measured = alongTheWay(ImportanceMeasurement.ofGeneralPhase(bridge, config.retention()));
            String ofDomains = alongTheWay(ImportanceMeasurement.wanted(bridge, config.retention()));
            Stream.ofNullable(config.general()).forEach(phase -> plans.add(plan(GeneralPhase.NAME, phase, rows.general(),
                    rows.maxLength(phase), config, new PhaseTraining.Beside("none", Map.of(), 0, measured), null)));
            Map<String, Object> held = config.general() != null ? stored : givenAnchor(config.retention());
            for (int i = 0; i < config.domain().size(); i++) {
                PhaseConfig phase = config.domain().get(i);
                plans.add(plan(phase.domainName(), phase, rows.domain(phase), rows.maxLength(phase), config,
                        new PhaseTraining.Beside(config.retention().method(), config.retention().options(), 0,
                                DomainPhases.isFollowed(config, i) ? ofDomains : null), held));
                held = held == null ? null : stored;
            }
        }
        return plans;
    }

    private static String alongTheWay(String kind) {
        return kind != null && ImportanceMeasurement.isAlongTheWay(kind) ? kind : null;
    }

    private static Map<String, Object> givenAnchor(RetentionConfig retention) {
        if (retention.anchor() == null) {
            return null;
        }
        AnchorDescription.Storage storage = AnchorDescription.read(Path.of(retention.anchor())).storage();
        return anchor(storage.kind(), storage.share());
    }

    private static Map<String, Object> anchor(String storage, Double share) {
        return share == null ? Map.of("storage", storage) : Map.of("storage", storage, "share", share);
    }

    private static Plan plan(String name, PhaseConfig phase, PhaseData rows, int maxLength, ExperimentConfig config,
            PhaseTraining.Beside beside, Map<String, Object> anchor) {
        try (PhaseData data = rows) {
            long steps = PhaseTraining.steps(phase, data);
            int longest = phase.packing() ? maxLength : data.statistics().longestRow();
            BatchPlan plan = data.plan(phase.batchSize(), phase.packing());
            int rehearsed = Stream.generate(plan::next).limit(Rehearsal.batches(phase)).mapToInt(batch -> batch.length())
                    .max().orElse(longest);
            return new Plan(name, phase, steps, longest, rehearsed, data.bytes(), anchor,
                    PhaseTraining.settings(config, phase, steps, config.seed(), beside));
        }
    }

    private static Map<String, Object> estimate(ExperimentConfig config, List<Plan> plans, boolean gradientCheckpointing,
            AdapterConfig adapter, Bridge bridge) {
        return bridge.estimates().phases(Path.of(config.model().path()), Words.of(config.model().dtype()),
                gradientCheckpointing, adapter == null ? null : PreparedModel.settings(adapter),
                plans.stream().map(Plan::toPython).toList(), config.model().device());
    }

    private static List<Phase> phases(Map<String, Object> estimate, List<Plan> plans) {
        List<?> parts = (List<?>) estimate.get("phases");
        return IntStream.range(0, plans.size()).mapToObj(i -> {
            Plan plan = plans.get(i);
            Map<?, ?> bytes = (Map<?, ?>) parts.get(i);
            return new Phase(plan.name(), plan.steps(), plan.config().batchSize(), plan.longestRow(),
                    number(bytes, "weights"), number(bytes, "gradients"), number(bytes, "optimizer"),
                    number(bytes, "importance"), number(bytes, "anchor"), number(bytes, "activations"), null);
        }).toList();
    }

    /**
     * With the time that a rehearsal found. On a CPU it also shows what the program holds beside the phase: its heap, and
     * what the allocator keeps. Without, where there is no room for the rehearsal after all.
     *
     * @param onceMore the phases as long as their rehearsed rows
     */
    private Forecast rehearsed(ExperimentConfig config, List<Phase> onceMore, Bridge bridge) {
        Rehearsal.Timing timing;
        try {
            timing = Rehearsal.of(config, bridge);
        } catch (DeviceOutOfMemoryException other) { // Somebody else's memory, or pieces too small to use.
            return this;
        }
        List<Phase> timed = new ArrayList<>();
        long program = programBytes;
        for (int i = 0; i < phases.size(); i++) {
            String name = phases.get(i).name();
            Rehearsal.Phase found = timing.phases().stream().filter(each -> each.name().equals(name)).findFirst().orElse(null);
            timed.add(phases.get(i).taking(found == null ? 0 : found.seconds()));
            program = found == null || !device.equals(CPU) ? program
                    : Math.max(program, found.peakBytes() - onceMore.get(i).bytes());
        }
        return new Forecast(parameters, trained, device, availableBytes, program, hostBytes, List.copyOf(timed),
                timing.openingSeconds(), timing.importanceSeconds(), timing.evaluationSeconds(), disk, advice);
    }

    /** Tries what others do whose model does not fit: first what costs time, then what trains less. */
    private static List<String> advice(ExperimentConfig config, List<Plan> plans, Bridge bridge) {
        boolean checkpointing = config.model().gradientCheckpointing();
        List<Plan> single = plans.stream().map(Plan::singly).toList();
        List<String> fitting = new ArrayList<>();
        if (fits(config, plans, true, config.adapter(), bridge)) {
            fitting.add("model.gradientCheckpointing: true");
        }
        if (fits(config, single, checkpointing, config.adapter(), bridge)) {
            fitting.add("batchSize: 1, with gradientAccumulation in its place");
        }
        if (fits(config, single, true, config.adapter(), bridge)) {
            fitting.add("both");
        }
        if (config.adapter() == null && fits(config, single, true, AdapterConfig.lora(), bridge)) {
            fitting.add("adapter: {\"kind\": \"lora\"}, with both");
        }
        return List.copyOf(fitting);
    }

    private static boolean fits(ExperimentConfig config, List<Plan> plans, boolean gradientCheckpointing,
            AdapterConfig adapter, Bridge bridge) {
        Map<String, Object> estimate = estimate(config, plans, gradientCheckpointing, adapter, bridge);
        long available = number(estimate, "availableBytes");
        return phases(estimate, plans).stream().allMatch(phase -> phase.bytes() <= available);
    }

    private Forecast with(Disk foreseen, List<String> fitting) {
        return new Forecast(parameters, trained, device, availableBytes, programBytes, hostBytes, phases, openingSeconds,
                importanceSeconds, evaluationSeconds, foreseen, fitting);
    }

    private static long number(Map<?, ?> values, String name) {
        return ((Number) values.get(name)).longValue();
    }

    /** @return bytes of the phase that holds most, the program's among them */
    public long peakBytes() {
        return programBytes + phases.stream().mapToLong(Phase::bytes).max().orElse(0);
    }

    /** @return whether the phase that holds most has room in the memory that is free now */
    public boolean fits() {
        return peakBytes() - programBytes <= availableBytes;
    }

    /** @return seconds from the opening of the model to the last evaluation, or null where it was not rehearsed */
    public Double seconds() {
        return openingSeconds == null ? null : openingSeconds + importanceSeconds + evaluationSeconds
                + phases.stream().mapToDouble(Phase::seconds).sum()
                + (disk == null || disk.seconds() == null ? 0 : disk.seconds());
    }
}
