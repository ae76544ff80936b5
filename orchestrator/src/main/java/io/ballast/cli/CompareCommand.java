package io.ballast.cli;

import static io.ballast.cli.CommonOptions.withValue;

import io.ballast.InvalidInputException;
import io.ballast.data.WholeFiles;
import io.ballast.compare.EvaluationComparison;
import io.ballast.compare.EvaluationFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * {@code ballast compare}: what changed between evaluations of the same items, and what of it is noise. Each argument is
 * what {@link EvaluationFolder#open} takes. {@code --json} prints {@code {"comparisons": [...]}}, an
 * {@link EvaluationComparison} for each argument but the first.
 */
final class CompareCommand implements Command {
    private static final String STAGE = "stage";
    private static final String OUT = "out";
    private static final String SEED = "seed";
    private static final String ALL = "all";
    private static final String SUBJECT = "subject";
    /** As an experiment's, so that a run's own stages compare as its {@code forgetting} does. */
    private static final long DEFAULT_SEED = 7;

    @Override
    public String name() {
        return "compare";
    }

    @Override
    public String argument() {
        return "A B...";
    }

    @Override
    public String summary() {
        return "Say what changed from evaluation A to each other one, and what of it is noise.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(withValue(STAGE, "NAME", "Of run folders: the stage, such as base; else the last one."))
                .addOption(withValue(OUT, "DIR", "A new folder for comparison.json and flips/TASK.jsonl (B/flips, C/flips, … of several)."))
                .addOption(withValue(SUBJECT, "COLUMN", "What items are about, a column of their rows; else the usual ones."))
                .addOption(null, ALL, false, "Every row of long tables, also without a change beyond noise.")
                .addOption(withValue(SEED, "N", "Of the bootstrap; " + DEFAULT_SEED + " unless given."));
    }

    @Override
    public int run(CommandLine line, Output output) {
        List<Path> paths = line.getArgList().stream().map(ExperimentArgument::path).toList();
        String stage = line.getOptionValue(STAGE);
        if (stage != null && paths.stream().noneMatch(EvaluationFolder::isRun)) {
            throw new InvalidInputException("--stage: expected a run folder, which has stages; found none among "
                    + String.join(", ", line.getArgList()) + ". Leave --stage out.");
        }
        Path out = line.hasOption(OUT) ? emptyFolder(ExperimentArgument.path(line.getOptionValue(OUT))) : null;
        long seed = seed(line.getOptionValue(SEED));
        List<EvaluationFolder> folders = paths.stream().map(path -> EvaluationFolder.open(path, stage)).toList();
        List<EvaluationComparison> comparisons = new ArrayList<>();
        for (int i = 1; i < folders.size(); i++) {
            Path flips = out == null ? null : (folders.size() == 2 ? out : out.resolve(ComparisonText.label(i)))
                    .resolve("flips");
            comparisons.add(EvaluationComparison.between(folders.get(0), folders.get(i), seed,
                    line.getOptionValue(SUBJECT), flips));
        }
        if (out != null) {
            write(out, ComparisonText.document(comparisons));
            output.note("Written: " + out);
        }
        output.answer(() -> ComparisonText.document(comparisons), () -> ComparisonText.text(comparisons, line.hasOption(ALL)));
        return 0;
    }

    private static long seed(String given) {
        if (given == null) {
            return DEFAULT_SEED;
        }
        if (!given.matches("[0-9]{1,18}")) {
            throw new InvalidInputException("--seed: expected a whole number of 0 or more, found '" + given + "'.");
        }
        return Long.parseLong(given);
    }

    /** Items of an earlier comparison must not stay among those of this one. */
    private static Path emptyFolder(Path out) {
        try {
            if (WholeFiles.isNewOrEmpty(out)) {
                return out;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + out, e);
        }
        throw new InvalidInputException("--out: expected a new or an empty folder, found "
                + (Files.isDirectory(out) ? "one with files in it" : "a file") + " at " + out + ". Choose another.");
    }

    private static void write(Path out, String document) {
        try {
            Files.createDirectories(out);
            WholeFiles.write(out.resolve("comparison.json"), document + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + out.resolve("comparison.json"), e);
        }
    }
}
