package io.ballast.train;

import com.google.gson.GsonBuilder;
import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import io.ballast.Result;
import io.ballast.config.AdapterConfig;
import io.ballast.config.AfterTrainingConfig;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ExperimentReader;
import io.ballast.config.PhaseConfig;
import io.ballast.config.RetentionConfig;
import io.ballast.config.Words;
import io.ballast.data.WholeFiles;
import io.ballast.model.ModelFolder;
import io.ballast.python.Bridge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A trained model is moved part of its way back, at the end of a run or long after it. */
public final class Softening {
    /** Beside the softened model: what it was made of. */
    public static final String NOTE = "softened.json";

    /** The arithmetic is a few operations for each parameter; only a base in 4 or 8 bits is bound to its device. */
    private static final String DEVICE = "cpu";
    private static final String DTYPE = "float32";

    private final RunFolder run;
    private final ExperimentConfig config;
    /** Of shrink; else null. */
    private final Path anchor;
    private final Path out;

    private Softening(RunFolder run, ExperimentConfig config, Path anchor, Path out) {
        this.run = run;
        this.config = config;
        this.anchor = anchor;
        this.out = out;
    }

    /**
     * A finished run's model, to be softened. Everything that can be told without Python is checked here.
     *
     * @param runFolder the run's folder
     * @param method    as {@code afterTraining.method} in an experiment
     * @param strength  as {@code afterTraining.strength}
     * @param out       a new or empty folder
     * @return what {@link #run(Bridge)} does
     * @throws InvalidInputException when the run, the method, the strength or the folder will not do
     */
    public static Softening of(Path runFolder, String method, String strength, Path out) {
        Path experiment = runFolder.resolve(Experiment.FILE);
        Path model = runFolder.resolve("model");
        if (!Files.isRegularFile(experiment) || !Files.isDirectory(model)) {
            throw new InvalidInputException("Expected a run folder with experiment.json and model/; found "
                    + (Files.isDirectory(runFolder) ? "a folder without them" : "nothing") + " at " + runFolder
                    + ". Give the folder of a run that has trained.");
        }
        if (ExperimentReader.read(experiment, List.of()).afterTraining() != null) {
            throw new InvalidInputException("Expected a run whose model is as it was trained; found one that was"
                    + " softened at its end (afterTraining in " + experiment + "). Run it without that block.");
        }
        checkEmpty(out);
        ExperimentConfig config = ExperimentReader.read(experiment,
                List.of("afterTraining.method=" + method, "afterTraining.strength=" + strength));
        boolean corda = config.adapter() != null && config.adapter().kind() == AdapterConfig.Kind.CORDA;
        if (corda && !config.afterTraining().towardsBase()) {
            throw new InvalidInputException("Expected wise-ft or lines for the saved adapter of a corda run; found "
                    + "shrink: it was saved as plain LoRA on the base as it was, and the anchor's factors are not its"
                    + " own. Set 'afterTraining' in the experiment to shrink at the end of the run itself.");
        }
        RunFolder run = new RunFolder(runFolder);
        return new Softening(run, config, config.afterTraining().towardsBase() ? null : anchor(run, config), out);
    }

    /** The one that the last domain was held by, which is also what shrink goes back to within a run. */
    private static Path anchor(RunFolder run, ExperimentConfig config) {
        int last = config.domain().size() > 1 ? lastDomain(run, config) : 0;
        if (last > 0) {
            return run.anchor(config.domain().get(last - 1).domainName());
        }
        return config.general() != null ? run.anchor() : Path.of(config.retention().anchor());
    }

    /** Of several domains how far the run came. */
    private static int lastDomain(RunFolder run, ExperimentConfig config) {
        if (!DomainPhases.areAnchorsKept(config)) {
            throw new InvalidInputException("Expected wise-ft or lines after domains with importance.carry separate; found"
                    + " shrink: the anchor between them all is not kept in a run's folder. Set 'afterTraining' in the"
                    + " experiment to shrink at the end of the run itself.");
        }
        List<String> domains = config.domain().stream().map(PhaseConfig::domainName).toList();
        return Result.read(run.path()).phases().stream().mapToInt(phase -> domains.indexOf(phase.name())).max().orElse(0);
    }

    private static void checkEmpty(Path out) {
        try {
            if (!WholeFiles.isNewOrEmpty(out)) {
                throw new InvalidInputException("Expected a new or empty folder; found "
                        + (Files.isDirectory(out) ? "files in " : "a file at ") + out + ". Choose another one.");
            }
        } catch (IOException e) {
            throw new InvalidInputException("Expected a folder that can be read at " + out + "; found " + e + ".", e);
        }
    }

    /**
     * Writes the softened model: a folder that {@code from_pretrained} or PEFT reads.
     *
     * @param bridge to Python
     * @throws InvalidInputException when the base model or the anchor is not there, or of another model
     */
    public void run(Bridge bridge) {
        Path base = Path.of(new ResolvedSources(bridge).model(config.model().path()));
        long trained = bridge.models().open(run.model(), DTYPE, device(), false, config.seed());
        try {
            if (config.afterTraining().towardsBase()) {
                apply(bridge, trained, base, config, 0);
            } else {
                shrink(bridge, trained, base);
            }
            bridge.models().save(trained, out);
        } finally {
            bridge.release(trained);
        }
        writeNote(base);
    }

    private String device() {
        return PreparedModel.bits(config) == null ? DEVICE : config.model().device();
    }

    /** The anchor's θ* may stand for the model at its start, so it is opened on that: with a fresh adapter. */
    private void shrink(Bridge bridge, long trained, Path base) {
        long start = bridge.models().open(base, DTYPE, device(), false, config.seed(), PreparedModel.bits(config));
        try {
            if (config.adapter() != null) {
                PreparedModel.addAdapter(bridge, start, config, null);
            }
            long opened = GeneralPhase.open(bridge, anchor, config, start, ModelFolder.open(base).weightsHash());
            try {
                apply(bridge, trained, base, config, opened);
            } finally {
                bridge.release(opened);
            }
        } finally {
            bridge.release(start);
        }
    }

    private void writeNote(Path base) {
        Map<String, Object> note = new LinkedHashMap<>();
        note.put("run", run.path().toAbsolutePath().toString());
        note.put("method", Words.of(config.afterTraining().method()));
        note.put("strength", config.afterTraining().strength());
        note.put("baseModel", config.model().path());
        note.put("baseModelHash", ModelFolder.open(base).weightsHash());
        try {
            Files.writeString(out.resolve(NOTE),
                    new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(note) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + out.resolve(NOTE), e);
        }
    }

    /**
     * Softens a model in place, as its experiment says.
     *
     * @param base   the base model's folder
     * @param anchor handle of the anchor, 0 where there is none
     */
    static void apply(Bridge bridge, long model, Path base, ExperimentConfig config, long anchor) {
        AfterTrainingConfig way = config.afterTraining();
        RetentionConfig retention = config.retention();
        Map<String, Object> settings = Map.of("method", Words.of(way.method()), "strength", way.strength(),
                "layerCoefficients", Words.of(retention.layerCoefficients()), "layers", Words.of(retention.layers()),
                "normalize", Words.of(retention.normalize()));
        boolean needsBase = way.towardsBase() && config.adapter() == null;
        long opened = needsBase ? bridge.models().open(base, DTYPE, DEVICE, false, config.seed()) : 0;
        try {
            bridge.models().soften(model, settings, opened, way.towardsBase() ? 0 : anchor);
        } finally {
            if (opened != 0) {
                bridge.release(opened);
            }
        }
    }
}
