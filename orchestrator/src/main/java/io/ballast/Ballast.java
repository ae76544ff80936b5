package io.ballast;

import io.ballast.config.AfterTrainingConfig;
import io.ballast.config.EvaluationConfig;
import io.ballast.config.ExperimentCheck;
import io.ballast.config.ModelConfig;
import io.ballast.config.Words;
import io.ballast.eval.Evaluation;
import io.ballast.export.Export;
import io.ballast.export.ExportRequest;
import io.ballast.export.Exported;
import io.ballast.python.Answers;
import io.ballast.python.Bridge;
import io.ballast.python.PythonEnvironment;
import io.ballast.train.ExperimentRun;
import io.ballast.train.RunFolder;
import io.ballast.train.Softening;
import io.ballast.train.StandaloneEvaluation;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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
    private final Bridge bridge;
    private final ExecutorService runs = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "ballast-run");
        thread.setDaemon(true);
        return thread;
    });

    private final Set<Run> unfinished = ConcurrentHashMap.newKeySet();

    private Ballast(Bridge bridge) {
        this.bridge = bridge;
        bridge.beforeEnd(this::stopRuns);
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
        return open(PythonEnvironment.find());
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
        return new Ballast(Bridge.open(environment));
    }

    /**
     * Checks an experiment, makes its run folder, and queues the run.
     *
     * @param experiment what to run
     * @param listener   hears its events, on the run's thread
     * @return a handle
     * @throws InvalidInputException when the experiment cannot run: missing files, a folder that is not writable
     */
    public Run start(Experiment experiment, RunListener listener) {
        ExperimentCheck.check(experiment.config());
        RunFolder folder = RunFolder.create(experiment.config());
        Run run = new Run(folder.path());
        unfinished.add(run);
        runs.execute(() -> {
            try {
                run.complete(new ExperimentRun(bridge, experiment, folder, listener, run::isCancelled).execute());
            } catch (Throwable e) { // whatever it is belongs to who waits for the run
                run.fail(e);
            } finally {
                unfinished.remove(run);
            }
        });
        return run;
    }

    /**
     * Runs an experiment and waits for its end.
     *
     * @param experiment what to run
     * @param listener   hears its events, on the run's thread
     * @return the result of a completed run
     * @throws BallastException when the run failed or was stopped
     */
    public Result run(Experiment experiment, RunListener listener) {
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
     */
    public Evaluation evaluate(ModelConfig model, EvaluationConfig evaluation, RunListener listener,
            BooleanSupplier stopped) {
        return Answers.join(CompletableFuture.supplyAsync(
                () -> StandaloneEvaluation.of(bridge, model, evaluation, listener, stopped), runs));
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

    /** Waits for the runs that were started, then frees what Python holds. May be called twice. */
    @Override
    public void close() {
        runs.shutdown();
        try {
            runs.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        bridge.close();
    }
}
