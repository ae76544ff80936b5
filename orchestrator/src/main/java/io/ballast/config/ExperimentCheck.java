package io.ballast.config;

import io.ballast.InvalidInputException;
import io.ballast.model.AnchorFiles;
import io.ballast.data.RowSources;
import io.ballast.model.HubAddress;
import io.ballast.model.ModelSource;
import io.ballast.model.SourceAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Looks at the files and folders that an experiment names, before minutes are spent on it.
 * Addresses of the hub are left to the download.
 */
public final class ExperimentCheck {
    private ExperimentCheck() {
    }

    /**
     * Checks the model's folder, every data file, the anchor and the output folder. Nothing is left behind.
     *
     * @param experiment what {@link ExperimentReader} read
     * @throws InvalidInputException naming the first that is missing or not usable
     */
    public static void check(ExperimentConfig experiment) {
        Place place = Place.of("experiment " + experiment.name());
        checkModel(experiment.model().path(), place.key("model").key("path"));
        checkPhase(experiment.general(), place.key("general"));
        for (int i = 0; i < experiment.domain().size(); i++) {
            checkPhase(experiment.domain().get(i), place.key("domain").entry(i, experiment.domain()));
        }
        checkTasks(experiment.evaluation().general(), place.key("evaluation").key("general"));
        checkTasks(experiment.evaluation().domain(), place.key("evaluation").key("domain"));
        if (experiment.retention().anchor() != null) {
            checkAnchor(Path.of(experiment.retention().anchor()), place.key("retention").key("anchor"));
        }
        checkOutput(Path.of(experiment.output()), place.key("output"));
    }

    private static void checkModel(String path, Place place) {
        if (!ModelSource.isElsewhere(path)) {
            ModelFolderCheck.check(Path.of(path), place);
        } else if (!HubAddress.is(path) && !Files.isRegularFile(Path.of(path))) {
            throw place.wrong("a GGUF file", "nothing at " + path, "Check the path.");
        }
    }

    private static void checkPhase(PhaseConfig phase, Place place) {
        if (phase != null) {
            checkEntries(phase.data(), place.key("data"));
            if (phase.replayData() != null) {
                checkEntries(phase.replayData(), place.key("replayData"));
            }
        }
    }

    private static void checkEntries(List<DataConfig> data, Place place) {
        for (int i = 0; i < data.size(); i++) {
            checkData(data.get(i).path(), place.index(i).key("path"));
        }
    }

    private static void checkTasks(List<TaskConfig> tasks, Place place) {
        for (int i = 0; i < tasks.size(); i++) {
            checkData(tasks.get(i).data(), place.index(i).key("data"));
            if (tasks.get(i).multipleChoice() != null) {
                checkData(tasks.get(i).multipleChoice().path(), place.index(i).key("multipleChoice").key("path"));
            }
            checkData(tasks.get(i).perplexity(), place.index(i).key("perplexity"));
        }
    }

    private static void checkData(String path, Place place) {
        if (path == null || HubAddress.is(path)) {
            return;
        }
        if (SourceAddress.is(path)) {
            RowSources.of(path);
            return;
        }
        if (!Files.isRegularFile(Path.of(path))) {
            throw place.wrong("a data file", Files.isDirectory(Path.of(path)) ? "the folder " + path
                    : "no file " + path, "Relative paths start from the experiment's file, or with --set from the"
                    + " working directory.");
        }
    }

    private static void checkAnchor(Path folder, Place place) {
        for (String name : AnchorFiles.NAMES) {
            if (!Files.isRegularFile(folder.resolve(name))) {
                throw place.wrong("an anchor folder with " + String.join(" and ", AnchorFiles.NAMES),
                        "no " + name + " in " + folder, "Give the folder 'anchor' of an earlier run.");
            }
        }
    }

    /** The folder need not be there, but it must be possible to make it. */
    private static void checkOutput(Path folder, Place place) {
        Path existing = folder;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing == null || !Files.isDirectory(existing)) {
            throw place.wrong("a folder, or a place to make it in", existing + ", which is not a folder",
                    "Give another folder as 'output'.");
        }
        try { // permissions alone do not tell: read-only file systems, quotas, root
            Files.delete(Files.createTempDirectory(existing, ".ballast-"));
        } catch (IOException e) {
            throw place.wrong("a folder that can be written", existing + ", which cannot (" + e.getMessage() + ")",
                    "Change its permissions, or give another folder as 'output'.");
        }
    }
}
