package io.ballast.report;

import io.ballast.data.WholeFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Writes {@code report.html} of a run folder: one file, self-contained, that opens without a network. */
public final class ReportWriter {
    private ReportWriter() {
    }

    /**
     * Makes the report, also for a run that stopped, failed, or evaluated nothing. An earlier report is replaced.
     *
     * @param runFolder a folder with {@code result.json}, and whatever else of a run folder there is
     * @throws io.ballast.InvalidInputException if there is no {@code result.json}, or it is not JSON
     * @throws UncheckedIOException             if a file cannot be read or the report cannot be written
     */
    public static void write(Path runFolder) {
        String page = Page.of(EmbeddedJson.of(ReportData.of(RunFiles.read(runFolder))));
        Path report = runFolder.resolve("report.html");
        try {
            WholeFiles.write(report, page.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write " + report, e);
        }
    }
}
