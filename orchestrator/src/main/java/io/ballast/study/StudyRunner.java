package io.ballast.study;

import io.ballast.Ballast;
import io.ballast.DeviceOutOfMemoryException;
import io.ballast.Experiment;
import io.ballast.Result;
import io.ballast.Run;
import io.ballast.RunListener;
import io.ballast.StoppedException;
import io.ballast.TrainingFailedException;
import io.ballast.config.EvaluationConfig.Stage;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.Words;
import io.ballast.data.WholeFiles;
import io.ballast.eval.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Makes the runs of a study that are missing, one after another, and writes {@code results.json} after each. The general
 * phase is shared by all runs that may share it, and the scores before the domain phase are measured once for each
 * domain and seed.
 */
public final class StudyRunner {
    private static final List<String> BEFORE_THE_DOMAIN = List.of(Words.of(Stage.BASE), Words.of(Stage.ANCHORED));

    private final Ballast ballast;
    private final Study study;
    private final Path folder;
    private final StudyResults results;

    /**
     * @param ballast runs the experiments
     * @param study   what to run; what its folder holds already is not run again
     */
    public StudyRunner(Ballast ballast, Study study) {
        this.ballast = ballast;
        this.study = study;
        this.folder = Path.of(study.config().output());
        this.results = existing(study);
    }

    /**
     * What a study's folder holds already.
     *
     * @param study the study
     * @return its results so far, without rows where it was not begun
     */
    public static StudyResults existing(Study study) {
        Path file = Path.of(study.config().output()).resolve(StudyResults.FILE);
        return Files.exists(file) ? StudyResults.read(file) : StudyResults.empty(study.config().name());
    }

    /**
     * Makes the missing runs. One that diverges is a failed row, and the study goes on; so it does where one finds no
     * memory, but that one is still missing the next time.
     *
     * @param listener hears the events of the runs
     * @param begin    told of each run before it is made
     * @param started  given the handle of each run, to cancel it
     * @return the results
     * @throws StoppedException when a run was cancelled; what there is has been written
     */
    public StudyResults run(RunListener listener, Consumer<String> begin, Consumer<Run> started) {
        int done = 0;
        for (StudyRun run : study.runs()) {
            done++;
            Optional<StudyRow> known = results.row(run);
            if (known.isEmpty()) {
                begin.accept("run " + done + " of " + study.runs().size() + ": " + run);
                results.add(run, make(run, listener, started));
                results.write(folder);
            }
        }
        return results;
    }

    private StudyRow make(StudyRun run, RunListener listener, Consumer<Run> started) {
        Run handle = ballast.start(experiment(run), listener);
        started.accept(handle);
        try {
            return row(run, handle.result());
        } catch (TrainingFailedException failed) {
            return new StudyRow(run.method(), run.domain(), run.strength(), run.seed(),
                    failed instanceof DeviceOutOfMemoryException ? StudyRow.OUT_OF_MEMORY : StudyRow.FAILED,
                    failed.getMessage(), null, null, replay(run), 0, 0, 0, run.key());
        } finally {
            if (!study.config().keepModels()) {
                delete(handle.folder().resolve("model"));
                delete(handle.folder().resolve("anchor"));
            }
        }
    }

    /**
     * Scores the stage that the row is about, whether the experiment asks for it or not. The stages before the domain phase
     * are the same for all methods: one run of each domain and seed scores them.
     */
    private Experiment experiment(StudyRun run) {
        ExperimentConfig config = run.experiment().config();
        EnumSet<Stage> stages = EnumSet.of(lastStage(run));
        if (!results.hasBaselines(run.domain(), run.seed())) {
            stages.addAll(config.evaluation().stages());
        }
        return Experiment.of(config.withEvaluation(config.evaluation().withStages(List.copyOf(stages))));
    }

    private StudyRow row(StudyRun run, Result result) {
        Measure learned = results.learned().computeIfAbsent(run.domain(),
                domain -> Measure.of(study.config().learned(), Role.DOMAIN, result.scores()));
        Measure kept = results.kept().computeIfAbsent(run.domain(),
                domain -> Measure.of(study.config().kept(), Role.GENERAL, result.scores()));
        if (!results.hasBaselines(run.domain(), run.seed())) {
            result.scores().stream().map(score -> score.stage()).distinct().filter(BEFORE_THE_DOMAIN::contains)
                    .forEach(stage -> results.baselines().add(new StudyResults.Baseline(run.domain(), run.seed(), stage,
                            learned.in(result.scores(), stage), kept.in(result.scores(), stage))));
        }
        Result.Phase domain = result.phases().get(result.phases().size() - 1);
        boolean weighs = result.importance() != null && needsImportance(run);
        return new StudyRow(run.method(), run.domain(), run.strength(), run.seed(), StudyRow.COMPLETED, null,
                learned.in(result.scores(), last(run)), kept.in(result.scores(), last(run)), replay(run), domain.seconds(),
                weighs ? result.importance().secondsAdded() : 0, weighs ? result.importance().importanceBytes() : 0, run.key());
    }

    private static Stage lastStage(StudyRun run) {
        return run.experiment().config().afterTraining() == null ? Stage.DOMAIN : Stage.SOFTENED;
    }

    private static String last(StudyRun run) {
        return lastStage(run) == Stage.DOMAIN ? run.experiment().config().domain().get(0).domainName()
                : Words.of(Stage.SOFTENED);
    }

    private boolean needsImportance(StudyRun run) {
        String method = run.experiment().config().retention().method();
        return ballast.bridge().methods().describe(method, run.experiment().config().retention().options())
                .get("importance") != null;
    }

    private static double replay(StudyRun run) {
        return run.experiment().config().domain().get(0).replay();
    }

    private static void delete(Path folder) {
        try {
            WholeFiles.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("could not remove " + folder, e);
        }
    }
}
