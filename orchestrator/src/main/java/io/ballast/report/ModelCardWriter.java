package io.ballast.report;

import io.ballast.data.WholeFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes a run's {@code README.md}: a model card as the Hugging Face hub reads it, with what was learned
 * and kept, the settings, and what the numbers were made from.
 */
public final class ModelCardWriter {
    private ModelCardWriter() {
    }

    /**
     * Makes the model card, also for a run that stopped or failed. An earlier one is replaced.
     *
     * @param runFolder a folder with {@code result.json}, and whatever else of a run folder there is
     * @throws io.ballast.InvalidInputException if there is no {@code result.json}, or it is not JSON
     * @throws UncheckedIOException             if a file cannot be read or the card cannot be written
     */
    public static void write(Path runFolder) {
        Evidence evidence = Evidence.of(RunFiles.read(runFolder));
        String card = FrontMatter.of(evidence) + Stream.of(CardResults.title(evidence), CardResults.changes(evidence),
                CardResults.calibration(evidence), CardResults.scores(evidence), CardMatrices.of(evidence),
                CardUse.of(evidence), CardSettings.of(evidence), CardProvenance.of(evidence)).filter(section -> !section.isEmpty()).collect(Collectors.joining("\n"));
        Path file = runFolder.resolve("README.md");
        try {
            // Not writeString: it refuses unpaired surrogates, which a broken data row may hold.
            WholeFiles.write(file, card.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write " + file, e);
        }
    }
}
