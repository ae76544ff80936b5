package io.ballast.train;

import io.ballast.BallastException;
import io.ballast.Experiment;
import io.ballast.Result;
import io.ballast.RunListener;
import io.ballast.StoppedException;
import io.ballast.checkpoint.InterruptedRun;
import io.ballast.config.EvaluationConfig.Stage;
import io.ballast.config.ExperimentConfig;
import io.ballast.python.Bridge;
import io.ballast.ranks.Ranks;
import io.ballast.report.ModelCardWriter;
import io.ballast.report.ReportWriter;

import java.io.UncheckedIOException;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** One run from top to bottom, in the order in which things happen. */
public final class ExperimentRun {
    private final Bridge bridge;
    private final Experiment experiment;
    private final Ranks ranks;
    private final RunFolder folder;
    private final RunListener listener;
    private final BooleanSupplier cancelled;
    private final RunRecord record;
    private final InterruptedRun interrupted;
    private Result result;

    /**
     * @param bridge     to Python
     * @param experiment what to run, checked
     * @param folder     new and empty, or of the run that is resumed
     * @param interrupted what the run goes on from, or null where it begins
     * @param listener   hears the events
     * @param cancelled  polled between steps and batches
     */
    public ExperimentRun(Bridge bridge, Experiment experiment, RunFolder folder, InterruptedRun interrupted,
            RunListener listener, BooleanSupplier cancelled) {
        this.bridge = bridge;
        this.ranks = bridge.ranks();
        this.experiment = experiment;
        this.folder = folder;
        this.interrupted = interrupted;
        this.listener = listener;
        this.cancelled = cancelled;
        this.record = new RunRecord(experiment.config().name(), folder);
    }

    /**
     * Runs it. However it ends, the folder then holds {@code result.json}, the report, and the model as
     * far as it came.
     *
     * @return the result of a completed run
     * @throws BallastException when it failed or was stopped
     */
    public Result execute() {
        try {
            return perform();
        } catch (UncheckedIOException e) { // of a run folder's first files or last
            throw MachineRefusal.of(e, folder.path()).<RuntimeException>map(refused -> refused).orElse(e);
        }
    }

    @SuppressWarnings("try") // two of the three are there to be closed
    private Result perform() {
        if (interrupted == null && ranks.isFirst()) {
            folder.write(Experiment.FILE, experiment.toJson());
        }
        // Closed from the last to the first; what fails then does not hide what failed before.
        try (Closing described = this::describe; EventLog log = openLog(); Closing finished = () -> finish(log)) {
            log.add(EventLog.STARTED, "", 0, Map.of("name", experiment.config().name(), "folder", folder.path().toString()));
            try (RunCheckpoints checkpoints = new RunCheckpoints(bridge, folder, log, record, experiment.config(),
                            interrupted);
                    Workbench workbench = new Workbench(bridge, folder, log, cancelled, record, checkpoints)) {
                PluginCheck.check(experiment.config(), bridge);
                RankCheck.check(experiment.config(), bridge);
                record.plugins(PluginHashes.of(experiment.config()));
                try {
                    run(PluginRows.in(new ResolvedSources(bridge).resolve(experiment.config()), bridge), workbench);
                } catch (StoppedException | DivergedException onAllRanks) {
                    throw onAllRanks;
                } catch (RuntimeException | Error e) {
                    if (ranks.size() > 1) {
                        workbench.endApart();
                    }
                    throw e;
                }
            } catch (StoppedException e) {
                record.stopped(e.getMessage());
                throw e;
            } catch (RuntimeException | Error e) {
                BallastException refused = MachineRefusal.of(e, folder.path()).orElse(null);
                record.failed((refused == null ? e : refused).getMessage());
                if (refused != null) {
                    throw refused;
                }
                throw e;
            }
        }
        if (ranks.isFirst()) {
            RunCheckpoints.remove(folder);
        }
        ranks.any(false); // until the first rank has written everything
        return ranks.isFirst() ? result : Result.read(folder.path());
    }

    /** Done at the end of a block, however it ends. */
    private interface Closing extends AutoCloseable {
        @Override
        void close();
    }

    private void describe() {
        if (result != null) {
            ModelCardWriter.write(folder.path());
            ReportWriter.write(folder.path());
        }
    }

    private EventLog openLog() {
        if (!ranks.isFirst()) {
            return EventLog.silent(folder.path(), bridge);
        }
        return interrupted != null && interrupted.checkpoint().isPresent()
                ? EventLog.resume(folder.path(), bridge, listener)
                : EventLog.begin(folder.path(), bridge, listener);
    }

    /** A run that was refused before it could go on leaves its folder as it was. */
    private void finish(EventLog log) {
        if (!log.isMuted()) {
            result = record.result();
            folder.write(Result.FILE, result.toJson());
            log.add("finished", "", 0, Map.of("status", result.status()));
        }
    }

    private void run(ExperimentConfig config, Workbench workbench) {
        workbench.open(config);
        workbench.resume();
        workbench.evaluate(Stage.BASE);
        if (config.general() != null) {
            workbench.generalPhase();
        } else if (config.retention().anchor() != null) {
            workbench.openAnchor();
        }
        workbench.evaluate(Stage.ANCHORED);
        for (int i = 0; i < config.domain().size(); i++) {
            workbench.domainPhase(i);
            workbench.evaluate(Stage.DOMAIN, config.domain().get(i).domainName());
        }
        if (config.afterTraining() != null) {
            workbench.soften();
        }
        workbench.evaluate(Stage.SOFTENED);
        workbench.compare();
    }
}
