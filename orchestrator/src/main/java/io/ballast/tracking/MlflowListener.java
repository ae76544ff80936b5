package io.ballast.tracking;

import io.ballast.RunEvent;
import io.ballast.RunListener;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Keeps runs in MLflow: the experiment's settings as parameters; loss, penalty and the like of each logged step, and
 * every score, as metrics; the status; {@code result.json} and {@code experiment.json} as artifacts where the server
 * takes them. One serves all runs of a {@link io.ballast.Ballast}, which go one after another. Needs no dependency.
 *
 * <p>A run that is resumed goes on with its MLflow run, whose id {@code mlflow.json} in the run folder has. Steps after
 * the checkpoint are made again, but not told again: MLflow keeps each as it was told first.
 *
 * <p>MLflow is told by a thread of its own: training does not wait for it. When a run ends, what is not yet told is
 * waited for, half a minute at most.
 */
public final class MlflowListener implements RunListener, AutoCloseable {
    private static final int MOST_WAITING = 10_000;
    private static final Duration AT_THE_END = Duration.ofSeconds(30);

    private final HarmlessListener harmless;
    private final MlflowRuns runs;
    private final ThreadPoolExecutor telling = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING), MlflowListener::thread);

    /**
     * @param server     where MLflow is, such as {@code http://localhost:5000}; {@code http://user:password@host} signs
     *                   in, and is shown without it
     * @param experiment the MLflow experiment that runs are put into; made if there is none
     */
    public MlflowListener(URI server, String experiment) {
        this(server, experiment, Map.of());
    }

    /**
     * @param server     where MLflow is
     * @param experiment the MLflow experiment that runs are put into; made if there is none
     * @param headers    of every request, such as {@code Authorization}
     */
    public MlflowListener(URI server, String experiment, Map<String, String> headers) {
        Objects.requireNonNull(experiment, "experiment");
        runs = new MlflowRuns(new MlflowServer(server, headers), experiment);
        harmless = new HarmlessListener("MLflow at " + MlflowServer.withoutUser(server), this::queue);
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "ballast-mlflow");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void event(RunEvent event) {
        harmless.event(event);
    }

    private void queue(RunEvent event) {
        Runnable told = () -> harmless.attempt("the event '" + event.type() + "'", () -> runs.event(event));
        if (!event.type().equals("finished")) {
            telling.execute(told);
            return;
        }
        try {
            telling.submit(told).get(AT_THE_END.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the rest of the run was not told within " + AT_THE_END, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the thread; what is not told yet is not told. May be called twice. */
    @Override
    public void close() {
        telling.shutdownNow();
    }
}
