package io.ballast;

import com.google.gson.JsonObject;
import io.ballast.checkpoint.InterruptedRun;
import io.ballast.checkpoint.RunLock;
import io.ballast.config.AfterTrainingConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentCheck;
import io.ballast.config.ExperimentReader;
import io.ballast.config.ModelConfig;
import io.ballast.config.Words;
import io.ballast.eval.Evaluation;
import io.ballast.export.Export;
import io.ballast.export.ExportRequest;
import io.ballast.export.Exported;
import io.ballast.python.Answers;
import io.ballast.python.Bridge;
import io.ballast.python.Diagnosis;
import io.ballast.python.PythonEnvironment;
import io.ballast.ranks.Ranks;
import io.ballast.train.ExperimentRun;
import io.ballast.train.RunFolder;
import io.ballast.train.Softening;
import io.ballast.train.StandaloneEvaluation;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * Fine-tuning that keeps what a model knows. One is open in a JVM at a time, since CPython is there
 * once; share it. Many threads may call it: runs are queued and go one after another.
 *
 * <pre>{@code
 * try (Ballast ballast = Ballast.open()) {
 *     Result result = ballast.run(Experiment.read(Path.of("experiment.json")), RunListener.NONE);
 *     result.forgetting().forEach(System.out::println);
 * }
 * }</pre>
 */
public final class Ballast implements AutoCloseable {
    private static final AtomicReference<Ballast> CURRENT = new AtomicReference<>();

    private final Bridge bridge;
    private volatile Thread runsThread;
    private final ExecutorService runs = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "ballast-run");
        thread.setDaemon(true);
        runsThread = thread;
        return thread;
    });

    private final Set<Run> unfinished = ConcurrentHashMap.newKeySet();

    private final RequestGate gate;
    private final int waitingRuns;

    private Ballast(Builder settings) {
        this.gate = new RequestGate(settings.requestsAtOnce, settings.waitingRequests, settings.timeLimit);
        this.waitingRuns = settings.waitingRuns;
        this.bridge = Bridge.open(settings.python == null ? PythonEnvironment.find() : settings.python);
        bridge.beforeEnd(this::stopRuns);
    }

    /**
     * How Ballast is opened, where {@link Ballast#open()} does not do: which Python, and how much a service lets in at a
     * time. Not for use by several threads.
     */
    public static final class Builder {
        private PythonEnvironment python;
        private int requestsAtOnce = 4;
        private int waitingRequests = 64;
        private int waitingRuns = Integer.MAX_VALUE;
        private Duration timeLimit = Duration.ofDays(365);

        private Builder() {
        }

        /**
         * Names the Python to embed; otherwise {@link PythonEnvironment#find()} does.
         *
         * @param environment the Python
         * @return this
         */
        public Builder python(PythonEnvironment environment) {
            python = Objects.requireNonNull(environment, "environment");
            return this;
        }

        /**
         * Says how many requests to models take turns; each that writes holds its keys and values. 4 unless it is said.
         *
         * @param requests at least 1
         * @return this
         */
        public Builder requestsAtOnce(int requests) {
            requestsAtOnce = atLeast(1, requests, "requestsAtOnce");
            return this;
        }

        /**
         * Says how many requests to models may wait for their turn, in the order they came; one more is refused with a
         * {@link BusyException}. 64 unless it is said.
         *
         * @param requests at least 0
         * @return this
         */
        public Builder waitingRequests(int requests) {
            waitingRequests = atLeast(0, requests, "waitingRequests");
            return this;
        }

        /**
         * Says how many runs and evaluations may wait for the one under way; one more is refused with a
         * {@link BusyException}. No limit unless it is said.
         *
         * @param runs at least 0
         * @return this
         */
        public Builder waitingRuns(int runs) {
            waitingRuns = atLeast(0, runs, "waitingRuns");
            return this;
        }

        /**
         * Says how long a request to a model may take, waiting included; it then ends with a {@link TimeLimitException}.
         * No limit unless it is said. Runs have none: they are cancelled.
         *
         * @param limit more than 0
         * @return this
         */
        public Builder timeLimit(Duration limit) {
            if (limit.isNegative() || limit.isZero()) {
                throw new IllegalArgumentException("timeLimit: expected more than 0; found " + limit + ".");
            }
            timeLimit = limit;
            return this;
        }

        private static int atLeast(int least, int found, String what) {
            if (found < least) {
                throw new IllegalArgumentException(what + ": expected at least " + least + "; found " + found + ".");
            }
            return found;
        }

        /**
         * Opens Ballast.
         *
         * @return it
         * @throws MissingEnvironmentException when Python cannot be embedded
         * @throws IllegalStateException       when a Ballast is open in this JVM already
         */
        public Ballast open() {
            return Ballast.open(this);
        }
    }

    /**
     * Says what this machine has of what Ballast needs, and what to do about what it lacks. Opens nothing.
     *
     * @return one finding for each thing
     */
    public static List<Finding> doctor() {
        return Diagnosis.of();
    }

    /** @return how Ballast is opened, to be changed */
    public static Builder builder() {
        return new Builder();
    }

    /** The JVM ends, by a signal or System.exit: runs finish their step and write what they have. */
    private void stopRuns() {
        unfinished.forEach(Run::cancel);
        unfinished.forEach(run -> run.future().handle((result, failure) -> null).join());
    }

    /**
     * Opens Ballast on the Python environment that {@code ./ballast setup} made.
     *
     * @return it
     * @throws MissingEnvironmentException when there is no such environment
     * @throws IllegalStateException       when one is open in this JVM already
     */
    public static Ballast open() {
        return builder().open();
    }

    /**
     * Opens Ballast on a given Python environment.
     *
     * @param environment the Python to embed
     * @return it
     * @throws MissingEnvironmentException when it cannot be embedded
     * @throws IllegalStateException       when one is open in this JVM already
     */
    public static Ballast open(PythonEnvironment environment) {
        return builder().python(environment).open();
    }

    private static synchronized Ballast open(Builder settings) {
        Ballast opened = new Ballast(settings);
        CURRENT.set(opened);
        return opened;
    }

    /**
     * The Ballast of this JVM, for code that did not open it and does not close it. One that is being opened is waited
     * for.
     *
     * @return it; empty when none is open
     */
    public static synchronized Optional<Ballast> current() {
        return Optional.ofNullable(CURRENT.get());
    }

    /**
     * Checks an experiment, makes its run folder, and queues the run. Where the environment says that this process is one
     * of several ranks (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT, as torchrun sets them), it meets the others first, and
     * all of them run the experiment together; only the first rank's listener hears events.
     *
     * @param experiment what to run
     * @param listener   hears its events, on the run's thread
     * @return a handle
     * @throws InvalidInputException when the experiment cannot run: missing files, a folder that is not writable
     * @throws BusyException         when as many runs wait as {@link Builder#waitingRuns} allows
     * @throws IllegalStateException when this Ballast is closed
     */
    public Run start(Experiment experiment, RunListener listener) {
        Objects.requireNonNull(experiment, "experiment");
        Objects.requireNonNull(listener, "listener");
        checkOpen();
        ExperimentCheck.check(experiment.config());
        checkRoom();
        Ranks ranks = bridge.joinRanks();
        RunFolder own = ranks.isFirst() ? RunFolder.create(experiment.config()) : null;
        RunFolder folder = new RunFolder(Path.of(ranks.ofFirst(own == null ? "" : own.path().toString())));
        return queue(folder, lock(folder), experiment, null, listener);
    }

    /**
     * Goes on with a run that was interrupted, in its folder, and queues it: it ends as it would have ended without the
     * interruption.
     *
     * @param runFolder folder of a run that did not complete
     * @param listener  hears the events that are still to come, on the run's thread
     * @return a handle
     * @throws InvalidInputException when there is no such run, it completed, its experiment was changed, or another run
     *                               works on the folder. Other data or another model show when its turn has come
     * @throws BusyException         as {@link #start}
     * @throws IllegalStateException when this Ballast is closed
     */
    public Run resume(Path runFolder, RunListener listener) {
        Objects.requireNonNull(runFolder, "runFolder");
        Objects.requireNonNull(listener, "listener");
        checkOpen();
        checkRoom();
        InterruptedRun.checkFolder(runFolder);
        RunFolder folder = new RunFolder(runFolder.toAbsolutePath());
        Ranks ranks = bridge.joinRanks();
        RunLock lock = lock(folder);
        try {
            InterruptedRun interrupted = ranks.firstAlone(() -> InterruptedRun.find(folder.path()));
            ExperimentCheck.check(interrupted.experiment().config());
            return queue(folder, lock, interrupted.experiment(), interrupted, listener);
        } catch (RuntimeException refused) {
            if (lock != null) {
                lock.close();
            }
            throw refused;
        }
    }

    /** Of several ranks the first one holds it for all. */
    private RunLock lock(RunFolder folder) {
        return bridge.ranks().isFirst() ? RunLock.take(folder.path()) : null;
    }

    private Run queue(RunFolder folder, RunLock lock, Experiment experiment, InterruptedRun interrupted,
            RunListener listener) {
        Run run = new Run(folder.path(), this::isRunsThread);
        unfinished.add(run);
        runs.execute(() -> {
            try {
                Result result = locked(lock, new ExperimentRun(bridge, experiment, folder, interrupted,
                        RunListeners.of(listener), run::isCancelled));
                unfinished.remove(run); // before anybody hears of the end, and starts another
                run.complete(result);
            } catch (Throwable e) { // whatever it is belongs to who waits for the run
                unfinished.remove(run);
                run.fail(e);
            }
        });
        return run;
    }

    /** The folder is free again before anybody hears of the end. */
    private static Result locked(RunLock lock, ExperimentRun run) {
        try (lock) {
            return run.execute();
        }
    }

    private boolean isRunsThread() {
        return Thread.currentThread() == runsThread;
    }

    private void checkOpen() {
        if (runs.isShutdown()) {
            throw new IllegalStateException("This Ballast is closed. Open another: Ballast.open().");
        }
    }

    private void checkRoom() {
        if (unfinished.size() > waitingRuns) {
            throw new BusyException("Expected at most " + waitingRuns + " runs that wait for the one under way; found "
                    + unfinished.size() + " unfinished ones. Try again later, or raise"
                    + " Ballast.builder().waitingRuns(…).");
        }
    }

    /**
     * Runs an experiment and waits for its end.
     *
     * @param experiment what to run
     * @param listener   hears its events, on the run's thread
     * @return the result of a completed run
     * @throws BallastException      when the run failed or was stopped
     * @throws IllegalStateException as {@link #start} and {@link Run#result()}
     */
    public Result run(Experiment experiment, RunListener listener) {
        Run.checkMayWait(this::isRunsThread, "for the end of a run");
        return start(experiment, listener).result();
    }

    /**
     * Moves the model of a run part of its way back, without training again.
     *
     * @param runFolder folder of a completed run
     * @param way       how, and how far
     * @param out       a new or empty folder, which becomes a model folder or an adapter's
     * @throws InvalidInputException when the run cannot be softened in this way
     */
    public void soften(Path runFolder, AfterTrainingConfig way, Path out) {
        Softening.of(runFolder, Words.of(way.method()), String.valueOf(way.strength()), out).run(bridge);
    }

    /**
     * Scores a model on tasks, as {@code ballast eval} does, after the runs that were started before, and waits for the
     * end. The arguments are blocks of an experiment:
     *
     * <pre>{@code
     * Experiment asked = Experiment.read(Path.of("experiment.json"));
     * Evaluation scored = ballast.evaluate(asked.config().model(), asked.config().evaluation(), RunListener.NONE,
     *         () -> false);
     * scored.scores("now").forEach(System.out::println);
     * EvaluationWriter.write(scored, "my-llama", Path.of("scores"));
     * }</pre>
     *
     * <p>{@link io.ballast.config.ExperimentReader#block} makes such a block of JSON.
     *
     * @param model      a Hugging Face folder, a PEFT adapter's or a model of the hub
     * @param evaluation what is measured; its {@code general} entries come first
     * @param listener   hears how far it is, on the runs' thread
     * @param stopped    is asked between batches whether to stop
     * @return what the model scored, item by item
     * @throws InvalidInputException when the model, a task or a row cannot be used
     * @throws StoppedException      when {@code stopped} says so
     * @throws IllegalStateException when this Ballast is closed, or a run's listener asks, which the run waits for
     */
    public Evaluation evaluate(ModelConfig model, EvaluationConfig evaluation, RunListener listener,
            BooleanSupplier stopped) {
        Objects.requireNonNull(listener, "listener");
        Objects.requireNonNull(stopped, "stopped");
        checkOpen();
        Run.checkMayWait(this::isRunsThread, "for an evaluation, which comes after its run");
        return Answers.join(CompletableFuture.supplyAsync(
                () -> StandaloneEvaluation.of(bridge, model, evaluation, listener, stopped), runs));
    }

    /**
     * Opens a model for use: in float32, on a GPU where there is one.
     *
     * @param folder a Hugging Face folder, a PEFT adapter's, or a run's, whose trained model it is then
     * @return the model, to be closed
     * @throws InvalidInputException when there is no such model
     */
    public Model openModel(Path folder) {
        JsonObject block = new JsonObject();
        block.addProperty("path", folder.toAbsolutePath().toString());
        return openModel(ExperimentReader.block(block, ModelConfig.class, Path.of(""), "the model"));
    }

    /**
     * Opens a model for use.
     *
     * @param config where it is, also on the hub, in which dtype and on which device
     * @return the model, to be closed
     * @throws InvalidInputException when there is no such model
     */
    public Model openModel(ModelConfig config) {
        return Model.open(bridge, gate, config);
    }

    /**
     * Opens an anchor to look at it.
     *
     * @param folder {@code anchor/} of a run
     * @return the anchor, to be closed
     * @throws InvalidInputException when there is none, or it is damaged
     */
    public Anchor openAnchor(Path folder) {
        return Anchor.open(bridge, folder);
    }

    /**
     * Writes a model in a form that other programs read, and keeps it only if it says what the model says.
     *
     * @param from    the folder of a run, a model or a PEFT adapter, or a GGUF file
     * @param request the form, and where it goes
     * @return what was written, and how near it is to the model
     * @throws InvalidInputException                      when the model has no such form, or the folder is not empty
     * @throws io.ballast.export.ExportMismatchException when it would not say what the model says
     */
    public Exported export(Path from, ExportRequest request) {
        return Export.of(from.toString(), request).run(bridge);
    }

    /** @return the bridge to Python, for what this class does not offer */
    public Bridge bridge() {
        return bridge;
    }

    /**
     * Waits for the runs that were started, then frees what Python holds; models that are open are of no use after it.
     * May be called twice. Where the thread is interrupted, the runs are cancelled, and what they have is waited for.
     *
     * @throws IllegalStateException when a run's listener calls it: the run would wait for itself
     */
    @Override
    public void close() {
        Run.checkMayWait(this::isRunsThread, "for the end of all runs, to close Ballast");
        runs.shutdown();
        boolean interrupted = false;
        while (!runs.isTerminated()) {
            try {
                runs.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
                unfinished.forEach(Run::cancel);
            }
        }
        bridge.close();
        CURRENT.compareAndSet(this, null);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
