package io.ballast.train;

import io.ballast.Result;
import io.ballast.RunListener;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.EvaluationConfig.Stage;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ImportanceConfig;
import io.ballast.config.PhaseConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.TaskConfig;
import io.ballast.data.Batch;
import io.ballast.data.BatchPlan;
import io.ballast.data.PhaseData;
import io.ballast.data.Tokenizer;
import io.ballast.data.WholeFiles;
import io.ballast.eval.AnswerCache;
import io.ballast.eval.Evaluation;
import io.ballast.eval.EvaluationTasks;
import io.ballast.eval.Evaluator;
import io.ballast.eval.TaskResult;
import io.ballast.model.ModelFolder;
import io.ballast.python.Bridge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * The experiment on a small scale, on the real model and data and by the code of a run: a few steps of each phase, a few
 * questions of each evaluation entry. What they take is scaled up to what the run will take.
 */
final class Rehearsal {
    /** How the names of its folders begin: with the process, for others rehearse in the same place. */
    static final String FOLDER = "ballast-rehearsal-" + ProcessHandle.current().pid() + "-";
    /** The first step of a phase makes the optimizer's state, and may compile kernels. */
    private static final int WARM_UP_STEPS = 1;
    /** A phase's beginning and first step take what no other step does, so its cost is told from that of the later ones. */
    private static final int FIRST_STEP = 1;
    private static final int TIMED_STEPS = 4;
    /** Batches of a phase whose tokens are counted; what lies beyond looks the same. */
    private static final long COUNTED_BATCHES = 10_000;
    /** Batches of an evaluation entry. */
    private static final int SCORED_BATCHES = 2;
    /** Micro-batches on which importance is measured that is not measured along the way. */
    private static final int MEASURED_BATCHES = 2;
    private static final BooleanSupplier NEVER = () -> false;
    private static final double NANOSECONDS = 1e9;

    private final Bridge bridge;
    private final ExperimentConfig config;
    private final RetentionConfig retention;
    private final List<Phase> phases = new ArrayList<>();
    private double importanceSeconds;

    /**
     * What was found.
     *
     * @param openingSeconds    to open the model and what belongs to it
     * @param phases            the general phase where it is trained, then the domains
     * @param importanceSeconds to measure importance after phases and carry it on, and the general loss before and after
     * @param evaluationSeconds of all stages
     */
    record Timing(double openingSeconds, List<Phase> phases, double importanceSeconds, double evaluationSeconds) {
    }

    /**
     * One phase.
     *
     * @param name      general, or the domain's
     * @param seconds   of all its steps
     * @param peakBytes that were held while it was rehearsed
     */
    record Phase(String name, double seconds, long peakBytes) {
    }

    private Rehearsal(Bridge bridge, ExperimentConfig config) {
        this.bridge = bridge;
        this.config = config;
        this.retention = config.retention();
    }

    /** Rehearses an experiment whose model and data are files here, and leaves nothing behind. */
    static Timing of(ExperimentConfig config, Bridge bridge) {
        try {
            Path folder = Files.createTempDirectory(FOLDER);
            try {
                return new Rehearsal(bridge, config).run(new RunFolder(folder));
            } finally {
                WholeFiles.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not make a folder for a rehearsal", e);
        }
    }

    /** Optimizer steps of a phase that are taken: the longest of their rows decides what memory is held. */
    static long batches(PhaseConfig phase) {
        return (long) TIMED_STEPS * phase.gradientAccumulation();
    }

    private Timing run(RunFolder folder) {
        long started = System.nanoTime();
        Path path = Path.of(config.model().path());
        String modelHash = ModelFolder.open(path).weightsHash();
        long model = PreparedModel.open(bridge, path, config);
        long anchor = 0;
        List<PhaseData> data = new ArrayList<>();
        try (Tokenizer tokenizer = Tokenizer.open(path);
                EventLog log = EventLog.begin(folder.path(), bridge, RunListener.NONE)) {
            int window = ((Number) bridge.models().info(model).get("maxLength")).intValue();
            PhaseRows rows = new PhaseRows(bridge, config, tokenizer, window, (phase, warning) -> { });
            PhaseData general = rows.general();
            Stream.ofNullable(general).forEach(data::add);
            config.domain().forEach(domain -> data.add(rows.domain(domain)));
            PreparedModel.addAdapter(bridge, model, config, general);
            double opening = secondsSince(started);
            double evaluation = evaluate(model, tokenizer, window);
            RunRecord record = new RunRecord(config.name(), folder);
            PhaseTraining training = new PhaseTraining(bridge, log, NEVER, record, config, model,
                    RunCheckpoints.none(bridge, folder, log, record, config));
            if (general != null) {
                anchor = general(training, record, model, general);
            } else if (retention.anchor() != null) {
                anchor = GeneralPhase.open(bridge, Path.of(retention.anchor()), config, model, modelHash);
            }
            DomainPhases domains = new DomainPhases(bridge, folder, log, NEVER, record, config, model, Map.of(),
                    RunCheckpoints.none(bridge, folder, log, record, config));
            for (int i = 0; i < config.domain().size(); i++) {
                anchor = domain(training, record, model, domains, i,
                        data.get(data.size() - config.domain().size() + i), anchor);
            }
            return new Timing(opening, List.copyOf(phases), importanceSeconds, evaluation);
        } finally {
            data.forEach(PhaseData::close);
            Stream.of(anchor, model).filter(handle -> handle != 0).forEach(bridge::release);
        }
    }

    /** Gives the handle of an anchor. */
    private long general(PhaseTraining training, RunRecord record, long model, PhaseData data) {
        PhaseConfig phase = config.general();
        ImportanceMeasurement importance = onFewSamples(phase, data, model,
                ImportanceMeasurement.ofGeneralPhase(bridge, retention));
        long handle = !GeneralPhase.isTrained(importance, retention) ? 0 : train(training, record, GeneralPhase.NAME, phase,
                data, new PhaseTraining.Beside("none", Map.of(), 0, importance.ofThePhase()));
        long anchor = anchor(importance, handle, phase, data, retention.reference());
        if (handle != 0) {
            long started = System.nanoTime();
            new LossProbe(bridge, model, data, phase).nats();
            importanceSeconds += secondsSince(started) * 2;
            bridge.release(handle);
        }
        return anchor;
    }

    /** Gives the handle of what the next domain is held by, as {@link DomainPhases#run} does. */
    private long domain(PhaseTraining training, RunRecord record, long model, DomainPhases domains, int index, PhaseData data,
            long anchor) {
        PhaseConfig domain = config.domain().get(index);
        boolean isFollowed = DomainPhases.isFollowed(config, index);
        String kind = isFollowed ? ImportanceMeasurement.wanted(bridge, retention) : null;
        ImportanceMeasurement importance = kind == null ? null : onFewSamples(domain, data, model, kind);
        long phase = train(training, record, domain.domainName(), domain, data, new PhaseTraining.Beside(retention.method(),
                retention.options(), anchor, kind == null ? null : importance.ofThePhase()));
        try {
            if (!isFollowed) {
                return anchor;
            }
            long measured = kind == null ? 0 : anchor(importance, phase, domain, data, RetentionConfig.Reference.END);
            long started = System.nanoTime();
            long next = domains.carryOn(phase, index, data, anchor, measured, started);
            importanceSeconds += secondsSince(started);
            return next;
        } finally {
            bridge.release(phase);
        }
    }

    /** What is measured along the way has no samples that could be fewer. */
    private ImportanceMeasurement onFewSamples(PhaseConfig phase, PhaseData data, long model, String kind) {
        ImportanceConfig few = ImportanceMeasurement.isAlongTheWay(kind) ? config.importance()
                : config.importance().withSamples((int) fewSamples(phase, data));
        return new ImportanceMeasurement(bridge, NEVER, config.withImportance(few), model, kind);
    }

    private long fewSamples(PhaseConfig phase, PhaseData data) {
        return Math.min(ImportanceMeasurement.samples(config.importance(), phase, data),
                ImportanceMeasurement.documents(phase, data, MEASURED_BATCHES));
    }

    /** Gives the handle of the anchor of a phase, or of the base where that is 0. */
    private long anchor(ImportanceMeasurement importance, long trained, PhaseConfig phase, PhaseData data,
            RetentionConfig.Reference reference) {
        double more = importance.isAlongTheWay() ? 1 : ImportanceMeasurement.samples(config.importance(), phase, data)
                / (double) fewSamples(phase, data);
        long started = System.nanoTime();
        long anchor = importance.anchor(trained, phase, data, reference);
        importanceSeconds += secondsSince(started) * more;
        return anchor;
    }

    /** Gives the handle of the phase. */
    private long train(PhaseTraining training, RunRecord record, String name, PhaseConfig phase, PhaseData data,
            PhaseTraining.Beside beside) {
        bridge.release(training.run(name, phase.withSteps(WARM_UP_STEPS), data, config.seed(), beside));
        bridge.release(training.run(name, phase.withSteps(FIRST_STEP), data, config.seed(), beside));
        Result.Phase first = last(record);
        long handle = training.run(name, phase.withSteps(TIMED_STEPS), data, config.seed(), beside);
        Result.Phase timed = last(record);
        double once = tokens(data, phase, phase.gradientAccumulation());
        double more = Math.max(0, timed.seconds() - first.seconds());
        double later = tokens(data, phase, PhaseTraining.steps(phase, data) * phase.gradientAccumulation()) - once;
        double seconds = first.seconds() + more * later / (tokens(data, phase, batches(phase)) - once);
        phases.add(new Phase(name, seconds, timed.peakMemoryBytes()));
        return handle;
    }

    private static Result.Phase last(RunRecord record) {
        return record.phases().get(record.phases().size() - 1);
    }

    /** Positions that the first batches of a phase have, padding among them. */
    private static double tokens(PhaseData data, PhaseConfig phase, long batches) {
        BatchPlan plan = data.plan(phase.batchSize(), phase.packing());
        long counted = Math.min(batches, COUNTED_BATCHES);
        double tokens = 0;
        for (long i = 0; i < counted; i++) {
            Batch batch = plan.next();
            tokens += (double) batch.rows() * batch.length();
        }
        return tokens * batches / counted;
    }

    /** Seconds of all stages. The same questions are asked twice: the first time the program warms up. */
    private double evaluate(long model, Tokenizer tokenizer, int window) {
        EvaluationConfig evaluation = config.evaluation();
        long stages = evaluation.stages().stream()
                .mapToLong(stage -> stage == Stage.DOMAIN ? config.domain().size() : 1).sum();
        Evaluator evaluator = new Evaluator(tokenizer, new BridgeScorer(bridge, model),
                new BridgeGenerator(bridge, model, tokenizer.folder()), evaluation.batchSize(), evaluation.maxLength(window));
        double seconds = 0;
        for (TaskConfig entry : Stream.concat(evaluation.general().stream(), evaluation.domain().stream()).toList()) {
            TaskConfig few = entry.withLimit(SCORED_BATCHES * evaluation.batchSize());
            EvaluationConfig alone = evaluation.withTasks(entries -> entries.contains(entry) ? List.of(few) : List.of());
            try (EvaluationTasks tasks = EvaluationTasks.of(config.withEvaluation(alone), bridge)) {
                evaluator.evaluate(tasks, AnswerCache.none(), (done, total) -> { }, NEVER);
                long started = System.nanoTime();
                Evaluation asked = evaluator.evaluate(tasks, AnswerCache.none(), (done, total) -> { }, NEVER);
                seconds += secondsSince(started) * more(asked, entry);
            }
        }
        return seconds * stages;
    }

    /** How many times as many items the entry has as were asked. */
    private static double more(Evaluation asked, TaskConfig entry) {
        double all = 0;
        double some = 0;
        for (TaskResult result : asked.results()) {
            all += entry.limit() == null ? result.available() : Math.min(entry.limit(), result.available());
            some += result.items().size();
        }
        return all / some;
    }

    private static double secondsSince(long started) {
        return (System.nanoTime() - started) / NANOSECONDS;
    }
}
