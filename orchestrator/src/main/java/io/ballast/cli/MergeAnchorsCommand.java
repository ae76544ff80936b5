package io.ballast.cli;

import static io.ballast.cli.CommonOptions.withValue;

import com.google.gson.JsonObject;
import io.ballast.Ballast;
import io.ballast.InvalidInputException;
import io.ballast.config.ExperimentReader;
import io.ballast.config.ImportanceConfig;
import io.ballast.config.Words;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code ballast merge-anchors}: several anchors of one base model as one, or one in another storage. */
final class MergeAnchorsCommand implements Command {
    private static final String OUT = "out";
    private static final String RULE = "rule";
    private static final String DECAY = "decay";
    private static final String STORAGE = "storage";
    private static final String SHARE = "share";

    @Override
    public String name() {
        return "merge-anchors";
    }

    @Override
    public String argument() {
        return "ANCHOR...";
    }

    @Override
    public String summary() {
        return "Make one anchor out of several of one base model, in the order in which they were made.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(withValue(OUT, "DIR", "Where to write it. Its reference is the last anchor's."))
                .addOption(withValue(RULE, "RULE", "sum (default), separate, mean, maximum, or decay."))
                .addOption(withValue(DECAY, "G",
                        "Of the rule decay: what importance is worth one anchor later, 0 to 1."))
                .addOption(withValue(STORAGE, "FORM", "As importance.storage of an experiment; float32 by default."))
                .addOption(withValue(SHARE, "S", "As importance.share of an experiment."));
    }

    @Override
    public int run(CommandLine line, Output output) {
        if (!line.hasOption(OUT)) {
            throw new InvalidInputException("the command 'merge-anchors' needs --out DIR; found none. Give a folder"
                    + " for the merged anchor.");
        }
        Path out = ExperimentArgument.path(line.getOptionValue(OUT));
        List<Path> anchors = line.getArgList().stream().map(ExperimentArgument::path).toList();
        if (anchors.stream().anyMatch(anchor -> anchor.toAbsolutePath().normalize()
                .equals(out.toAbsolutePath().normalize()))) {
            throw new InvalidInputException("--out: expected a folder of its own, found " + out + ", which is one of"
                    + " the anchors to be merged. Choose another.");
        }
        ImportanceConfig storage = storage(line);
        try (Ballast ballast = Ballast.open()) {
            ballast.bridge().anchors().merge(anchors, line.getOptionValue(RULE, "sum"), decay(line),
                    Words.of(storage.storage()), storage.share(), out);
        }
        AnchorText merged = AnchorText.read(out);
        output.answer(merged::document, merged::text);
        return 0;
    }

    private static Double decay(CommandLine line) {
        String given = line.getOptionValue(DECAY);
        try {
            return given == null ? null : Double.valueOf(given);
        } catch (NumberFormatException e) {
            throw new InvalidInputException("--decay: expected a number of 0 to 1, found '" + given + "'.", e);
        }
    }

    /** Read as an experiment's block, so that words, bounds and defaults stand there alone. */
    private static ImportanceConfig storage(CommandLine line) {
        JsonObject block = new JsonObject();
        if (line.hasOption(STORAGE)) {
            block.addProperty("storage", line.getOptionValue(STORAGE));
        }
        String share = line.getOptionValue(SHARE);
        if (share != null && share.matches("-?[0-9]*\\.?[0-9]+(e-?[0-9]+)?")) {
            block.addProperty("share", Double.valueOf(share));
        } else if (share != null) {
            block.addProperty("share", share);
        }
        return ExperimentReader.block(block, ImportanceConfig.class, Path.of(""), "the options of merge-anchors");
    }
}
