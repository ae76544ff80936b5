package io.ballast.checkpoint;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.config.ExperimentWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A run that did not complete.
 *
 * @param folder     of the run
 * @param experiment that it is of
 * @param checkpoint where it goes on; empty where it was interrupted before its first: then it begins again
 */
public record InterruptedRun(Path folder, Experiment experiment, Optional<Checkpoint> checkpoint) {

    /**
     * Finds where a run goes on. The folder's lock must be held.
     *
     * @param folder of the run
     * @return what is needed to go on
     * @throws InvalidInputException when it completed, or its experiment was changed
     */
    public static InterruptedRun find(Path folder) {
        checkFolder(folder); // once more: it may have completed before the lock was free
        Experiment experiment = Experiment.read(folder.resolve(Experiment.FILE));
        CheckpointStore store = new CheckpointStore(folder, 1);
        store.sweep();
        Optional<Checkpoint> checkpoint = store.newest();
        checkpoint.ifPresent(found -> checkSame(folder, found.state(), experiment));
        return new InterruptedRun(folder, experiment, checkpoint);
    }

    /**
     * Refuses what is no folder of a run that could go on.
     *
     * @param folder of the run
     * @throws InvalidInputException when it is none
     */
    public static void checkFolder(Path folder) {
        if (!Files.isRegularFile(folder.resolve(Experiment.FILE))) {
            throw new InvalidInputException("Expected the folder of a run, with its experiment.json; found none in "
                    + folder + ". Give a run folder, or start the experiment anew with 'ballast run EXPERIMENT'.");
        }
        boolean begun = Files.isDirectory(CheckpointStore.folderOf(folder));
        if (!begun && Files.exists(folder.resolve(Result.FILE)) && !wasNotCompleted(folder)) {
            throw new InvalidInputException("Expected a run that was interrupted; found that the run of " + folder
                    + " has completed. There is nothing to resume: look at its result.json, or start the experiment"
                    + " anew.");
        }
    }

    private static boolean wasNotCompleted(Path folder) {
        return !Result.read(folder).status().equals("completed");
    }

    private static void checkSame(Path folder, CheckpointState state, Experiment experiment) {
        // As text and back: what was read from a file has numbers of another class.
        JsonElement now = JsonParser.parseString(ExperimentWriter.toTree(experiment.config()).toString());
        Difference.between(state.experiment(), now).ifPresent(difference -> {
            throw new InvalidInputException("Expected the experiment that the run of " + folder + " began with; found"
                    + " that its experiment.json was changed: " + difference + ". Change it back, or start another run.");
        });
    }
}
