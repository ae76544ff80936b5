package io.ballast.train;

import io.ballast.InvalidInputException;
import io.ballast.checkpoint.Checkpoint;
import io.ballast.checkpoint.CheckpointState;
import io.ballast.checkpoint.CheckpointStore;
import io.ballast.checkpoint.InterruptedRun;
import io.ballast.checkpoint.PhasePosition;
import io.ballast.config.CheckpointConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ExperimentWriter;
import io.ballast.model.AnchorFiles;
import io.ballast.python.Answers;
import io.ballast.python.Bridge;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Where a run stands, and when that is written down: after each of its parts (a phase, an evaluation), and within
 * phases as the experiment says.
 *
 * <p>A run that is resumed makes everything that comes before the checkpoint anew where that is quick (the opened
 * model, the data), leaves out the parts that are done, and begins the phase it was in on the parameters that this phase began
 * with, before its own state is put over it: so whatever a method derives from the start of a phase is right.
 */
final class RunCheckpoints implements AutoCloseable {
    /** How long a thread that waits for files sleeps before it asks again: asking takes a turn between two steps. */
    private static final long PATIENCE_MILLIS = 20;

    private final Bridge bridge;
    private final EventLog log;
    private final RunRecord record;
    private final ExperimentConfig experiment;
    private final CheckpointConfig config;
    private final CheckpointStore store;
    private final Path answers;
    private final Path anchors;
    private final Optional<Checkpoint> from;
    private final List<String> passed = new ArrayList<>();
    private final Set<Path> dependencies = new LinkedHashSet<>();
    private final Map<String, String> identities = new LinkedHashMap<>();
    private long model;
    private String modelFile;
    private long writtenAt = System.nanoTime();
    private boolean writes;
    private boolean trained;
    private boolean isAsync;
    private CompletableFuture<Void> writing = CompletableFuture.completedFuture(null);

    /** @param interrupted what the run goes on from, or null where it begins */
    RunCheckpoints(Bridge bridge, RunFolder folder, EventLog log, RunRecord record, ExperimentConfig experiment,
            InterruptedRun interrupted) {
        this.bridge = bridge;
        this.log = log;
        this.record = record;
        this.experiment = experiment;
        this.config = experiment.checkpoint();
        this.store = new CheckpointStore(folder.path(), Math.max(1, config.keep()));
        this.answers = CheckpointStore.folderOf(folder.path()).resolve("answers");
        this.anchors = CheckpointStore.folderOf(folder.path()).resolve("anchors");
        this.from = interrupted == null ? Optional.empty() : interrupted.checkpoint();
        this.writes = config.keep() > 0;
        from.ifPresent(found -> {
            passed.addAll(found.state().passed());
            modelFile = found.state().model();
            trained = found.state().trained();
        });
    }

    /** Of what is trained and never resumed. */
    static RunCheckpoints none(Bridge bridge, RunFolder folder, EventLog log, RunRecord record,
            ExperimentConfig experiment) {
        RunCheckpoints none = new RunCheckpoints(bridge, folder, log, record, experiment, null);
        none.stopWriting();
        return none;
    }

    /** Whether anything was trained: then the model is worth saving. */
    boolean isTrained() {
        return trained;
    }

    /** Whether the run goes on from a checkpoint. */
    boolean isResumed() {
        return from.isPresent();
    }

    /** Whether parts that pass are written down. */
    boolean isWriting() {
        return writes;
    }

    /** Names what must be the same when the run is resumed; refuses what is not. */
    void identify(String what, String hash) {
        identities.put(what, hash);
        String before = from.map(found -> found.state().identities().get(what)).orElse(hash);
        if (!before.equals(hash)) {
            throw new InvalidInputException("Expected the same " + what + " as when the run began, with the hash "
                    + before + "; found " + hash + ". Put back what was there, or start another run: what is resumed on other"
                    + " data would not be the run that was begun.");
        }
    }

    /** @param handle of the model, as it was opened, with its adapter */
    void open(long handle) {
        model = handle;
        isAsync = config.async() != null ? config.async()
                : String.valueOf(bridge.models().info(handle).get("device")).startsWith("cuda");
    }

    /** Puts the model and the record where the checkpoint has them, and lets events be written again. */
    void restore() {
        Checkpoint found = from.orElseThrow();
        if (found.model() != null) {
            bridge.checkpoints().loadParameters(model, found.model());
        }
        record.restore(found.state().result());
        log.goOn(found.state().eventBytes());
    }

    boolean hasPassed(String part) {
        return passed.contains(part);
    }

    /** Keeps that a part is done that leaves the model as it was. */
    void pass(String part) {
        pass(part, null);
    }

    /** Keeps that a part is done, and where the model is after it. */
    void passMoving(String part) {
        pass(part, file -> bridge.checkpoints().saveParameters(model, file));
    }

    private void pass(String part, Consumer<Path> tensors) {
        passed.add(part);
        write(tensors, null, tensors != null);
    }

    /** From now on nothing is written: what follows starts from what cannot be read back to the bit. */
    void stopWriting() {
        writes = false;
    }

    /** Names a file that the checkpoints from now on are nothing without; it does not change any more. */
    void needs(Path file) {
        dependencies.add(file);
    }

    /** Names an anchor that the checkpoints from now on are nothing without. */
    void needsAnchor(Path anchor) {
        AnchorFiles.NAMES.forEach(file -> needs(anchor.resolve(file)));
    }

    /** Where an anchor is kept that the run alone needs, to be resumed. */
    Path anchor(String domain) {
        return anchors.resolve(domain);
    }

    /** Where what the model answered at a stage is kept. */
    Path answers(String stage) {
        return answers.resolve(stage + ".jsonl");
    }

    /** Whether the run goes on within a phase. */
    boolean isInside(String phase) {
        return inside(phase).isPresent();
    }

    private Optional<PhasePosition> inside(String phase) {
        return from.map(found -> found.state().inside()).filter(position -> position.phase().equals(phase))
                .filter(position -> !hasPassed(part(phase)));
    }

    /** What a phase is called among the parts. */
    static String part(String phase) {
        return "phase " + phase;
    }

    /**
     * Where a phase goes on.
     *
     * @param handle of the phase, just begun; its state is put over it
     * @return where it stands now; empty where it starts
     */
    Optional<PhasePosition> enter(String phase, long handle) {
        trained = true;
        Optional<PhasePosition> position = inside(phase);
        position.ifPresent(found -> bridge.checkpoints().loadPhase(model, handle, from.orElseThrow().phase()));
        return position;
    }

    /** Whether a checkpoint is due after a step of a phase. Fails as the writing of the one before has failed by now. */
    boolean isDue(long done) {
        if (writing.isCompletedExceptionally()) {
            settle();
        }
        return writes && (config.steps() != null && done % config.steps() == 0
                || System.nanoTime() - writtenAt >= config.minutes() * TimeUnit.MINUTES.toNanos(1));
    }

    /** Keeps where a phase stands between two steps. */
    void write(long phase, PhasePosition position) {
        write(file -> bridge.checkpoints().savePhase(model, phase, file), position, false);
    }

    /** As {@link #write}; where the experiment allows it, a thread does it while the phase goes on. */
    void beginToWrite(long phase, PhasePosition position) {
        if (!isAsync) {
            write(phase, position);
            return;
        }
        settle();
        CheckpointStore.Draft draft = bridge.ranks().isFirst() ? store.begin(name -> state(position), dependencies) : null;
        try {
            String folder = bridge.ranks().ofFirst(draft == null ? "" : draft.tensors().toString());
            long saving = bridge.checkpoints().savePhaseAsync(model, phase, Path.of(folder));
            writing = CompletableFuture.runAsync(() -> finish(saving, draft),
                    work -> new Thread(work, "ballast-checkpoint").start());
        } catch (RuntimeException | Error e) {
            if (draft != null) {
                draft.close();
            }
            throw e;
        }
        writtenAt = System.nanoTime();
    }

    @SuppressWarnings("try") // without a draft there is nothing to close
    private void finish(long saving, CheckpointStore.Draft draft) {
        try (draft) {
            while (!bridge.checkpoints().hasSaved(saving)) {
                Thread.sleep(PATIENCE_MILLIS);
            }
            if (draft != null) {
                draft.publish();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while a checkpoint was written", e);
        }
    }

    /** Waits for the checkpoint that is being written; fails as that failed. */
    private void settle() {
        CompletableFuture<Void> last = writing;
        writing = CompletableFuture.completedFuture(null);
        Answers.join(last);
    }

    /** Waits for the checkpoint that is being written. */
    @Override
    public void close() {
        settle();
    }

    private void write(Consumer<Path> tensors, PhasePosition inside, boolean moved) {
        settle();
        if (!writes) {
            return;
        }
        if (!bridge.ranks().isFirst()) {
            helpToWrite(tensors);
            return;
        }
        Consumer<Path> together = tensors == null ? null : folder -> {
            bridge.ranks().ofFirst(folder.toString());
            tensors.accept(folder);
        };
        store.write(together, file -> {
            modelFile = moved ? file : modelFile;
            return state(inside);
        }, dependencies);
        writtenAt = System.nanoTime();
    }

    private CheckpointState state(PhasePosition inside) {
        return new CheckpointState(CheckpointState.SCHEMA, ExperimentWriter.toTree(experiment),
                new LinkedHashMap<>(identities), List.copyOf(passed), modelFile, trained, inside, log.bytes(),
                record.result());
    }

    /** Each rank writes what it holds of the tensors, where the first one says; that one does the rest. */
    private void helpToWrite(Consumer<Path> tensors) {
        if (tensors != null) {
            tensors.accept(Path.of(bridge.ranks().ofFirst("")));
        }
        writtenAt = System.nanoTime();
    }

    /** The run has completed: nothing is left to resume. */
    static void remove(RunFolder folder) {
        new CheckpointStore(folder.path(), 1).remove();
    }
}
