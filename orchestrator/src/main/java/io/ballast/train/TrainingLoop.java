package io.ballast.train;

import io.ballast.Result;
import io.ballast.StoppedException;
import io.ballast.checkpoint.PhasePosition;
import io.ballast.config.PhaseConfig;
import io.ballast.data.BatchRing;
import io.ballast.python.Bridge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * The loop over a phase's optimizer steps. Java's threads fill the next batches while PyTorch
 * computes; the loss is fetched every {@code loggingSteps}, which is when the device is waited for.
 */
final class TrainingLoop {
    private static final double NANOSECONDS = 1e9;

    private final Bridge bridge;
    private final EventLog log;
    private final BooleanSupplier cancelled;

    private final String name;
    private final PhaseConfig config;
    private final long steps;
    private final long phase;
    private final boolean measuresApart;
    private final StoppingRule rule;
    private final RunCheckpoints checkpoints;
    private final PhasePosition from;
    private final MicroBatches microBatches;
    private final long started;

    private long done;
    private long tokens;
    private long seenTokens;
    private long seenAt;
    private long measuredNanoseconds;
    private double firstLoss = Double.NaN;
    private double lastLoss = Double.NaN;

    /** @param from where the phase goes on */
    TrainingLoop(Bridge bridge, EventLog log, BooleanSupplier cancelled, String name, PhaseConfig config, long steps,
            long phase, boolean measuresApart, StoppingRule rule, RunCheckpoints checkpoints, PhasePosition from) {
        this.bridge = bridge;
        this.log = log;
        this.cancelled = cancelled;
        this.name = name;
        this.config = config;
        this.steps = steps;
        this.phase = phase;
        this.measuresApart = measuresApart;
        this.rule = rule;
        this.checkpoints = checkpoints;
        this.from = from;
        this.microBatches = new MicroBatches(bridge, log, name, config, phase, from.reducedBatchSize());
        this.started = System.nanoTime() - from.nanoseconds();
        this.done = from.done();
        this.tokens = from.tokens();
        this.measuredNanoseconds = from.measuredNanoseconds();
        this.seenTokens = tokens;
        this.firstLoss = from.firstLoss();
        this.lastLoss = from.lastLoss();
    }

    /** Micro-batches that were taken before. */
    long takenBatches() {
        return done * config.gradientAccumulation() * (measuresApart ? 2 : 1);
    }

    /**
     * Runs the steps.
     *
     * @param batches micro-batches, filled ahead
     * @throws StoppedException        when somebody asked for the end; the step before is finished
     * @throws TrainingFailedException when the loss or a gradient is not finite; the parameters are the last
     *                                 finite ones
     */
    void run(BatchRing batches) {
        if (done == 0) {
            log.add("phase", name, 0, Map.of("steps", steps));
        } else {
            log.progress("phase", name, done, Map.of("steps", steps));
        }
        seenAt = System.nanoTime();
        while (done < steps) {
            boolean[] due = agreed(cancelled.getAsBoolean(), done > 0 && checkpoints.isDue(done));
            if (due[0]) {
                if (done > 0) { // before the first step the end of the part before is as far
                    checkpoints.write(phase, position(batches));
                }
                throw new StoppedException("Stopped in the " + name + " phase after step " + done + " of " + steps + ".");
            }
            if (due[1]) {
                checkpoints.beginToWrite(phase, position(batches));
            }
            step(batches);
            done++;
            if (done % config.loggingSteps() == 0 || done == steps || done == 1) {
                look();
                String reason = done == steps ? null : rule.reason(done, lastLoss);
                if (reason != null) {
                    log.add("ended-early", name, done, Map.of("rule", rule.name(), "message", reason));
                    return;
                }
            }
        }
    }

    /** What is so on any rank: all of them stop, and write, after the same step. */
    private boolean[] agreed(boolean stops, boolean writes) {
        if (bridge.ranks().size() == 1) {
            return new boolean[] {stops, writes};
        }
        String all = String.join("", bridge.ranks().all((stops ? "s" : "") + (writes ? "w" : "")));
        return new boolean[] {all.contains("s"), all.contains("w")};
    }

    private PhasePosition position(BatchRing batches) {
        return new PhasePosition(name, done, tokens, firstLoss, lastLoss, System.nanoTime() - started,
                from.waitedNanoseconds() + batches.waitedNanos(), measuredNanoseconds, microBatches.reducedBatchSize());
    }

    private void step(BatchRing batches) {
        pass(batches, bridge.phases()::forwardBackward);
        if (measuresApart) {
            long before = System.nanoTime();
            pass(batches, bridge.phases()::measureBackward);
            measuredNanoseconds += System.nanoTime() - before;
        }
        bridge.phases().optimizerStep(phase);
    }

    private void pass(BatchRing batches, MicroBatches.Pass pass) {
        List<BatchRing.Slot> taken = new ArrayList<>(config.gradientAccumulation());
        for (int i = 0; i < config.gradientAccumulation(); i++) {
            taken.add(batches.take());
        }
        microBatches.pass(taken, done, pass, batches::release);
        tokens += taken.stream().mapToLong(slot -> slot.batch().tokens()).sum();
    }

    /** Of the phase, for batches on which importance alone is measured. */
    double measuredSeconds() {
        return measuredNanoseconds / NANOSECONDS;
    }

    /** Rows that are computed at once. */
    int rowsAtOnce() {
        return microBatches.reducedBatchSize() == 0 ? config.batchSize() : microBatches.reducedBatchSize();
    }

    private void look() {
        Map<String, Object> progress = bridge.phases().progress(phase);
        double loss = number(progress, "loss");
        long nonFiniteStep = (long) number(progress, "nonFiniteStep");
        if (nonFiniteStep > 0) {
            throw new DivergedException("The loss or a gradient of the " + name + " phase is not finite at step "
                    + nonFiniteStep + ", batch " + (long) number(progress, "nonFiniteMicroBatch") + " of the step. The"
                    + " saved model is the one before that step. Lower " + name + ".learningRate (it is "
                    + config.learningRate() + "), raise warmupSteps, or look for broken rows.");
        }
        firstLoss = Double.isNaN(firstLoss) ? loss : firstLoss;
        lastLoss = loss;
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("steps", steps);
        for (String field : List.of("loss", "learningRate", "gradientNorm", "penalty")) {
            fields.put(field, number(progress, field));
        }
        fields.put("tokensPerSecond", rate());
        log.add("step", name, done, fields);
    }

    private double rate() {
        long now = System.nanoTime();
        double rate = (tokens - seenTokens) * NANOSECONDS / Math.max(1, now - seenAt);
        seenTokens = tokens;
        seenAt = now;
        return rate;
    }

    /** What there is to say about the phase, finished or not. */
    Result.Phase summary(long waitedNanoseconds, long peakMemoryBytes) {
        long nanoseconds = System.nanoTime() - started;
        double seconds = nanoseconds / NANOSECONDS;
        return new Result.Phase(name, done, tokens, seconds, tokens / seconds, peakMemoryBytes, firstLoss, lastLoss,
                (from.waitedNanoseconds() + waitedNanoseconds) / (double) nanoseconds,
                microBatches.reducedBatchSize() == 0 ? null : microBatches.reducedBatchSize());
    }

    private static double number(Map<String, Object> values, String name) {
        return ((Number) values.get(name)).doubleValue();
    }
}
