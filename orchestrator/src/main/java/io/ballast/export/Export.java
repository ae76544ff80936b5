package io.ballast.export;

import com.google.gson.GsonBuilder;
import io.ballast.InvalidInputException;
import io.ballast.config.Words;
import io.ballast.data.WholeFiles;
import io.ballast.model.ModelFolder;
import io.ballast.model.ModelSource;
import io.ballast.python.Bridge;
import io.ballast.report.ExportCard;
import io.ballast.report.ExportFacts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/**
 * Writes a model in another form, reads it back, and keeps it if it says what the model says. Until then it is in a
 * hidden neighbour of its folder, which is gone if anything goes wrong.
 */
public final class Export {
    /** Beside the model: how it came about, file by file. */
    public static final String NOTE = "export.json";

    private static final String DTYPE = "float32";

    private final String from;
    private final ExportRequest request;

    private Export(String from, ExportRequest request) {
        this.from = from;
        this.request = request;
    }

    /**
     * An export. What can be told without Python is checked here.
     *
     * @param from    the folder of a run, a model or a PEFT adapter, a GGUF file, or {@code hf://org/name}
     * @param request what it is to be
     * @return what {@link #run(Bridge)} does
     * @throws InvalidInputException                  when they do not go together
     * @throws io.ballast.MissingEnvironmentException when the disk is too full
     */
    public static Export of(String from, ExportRequest request) {
        ExportChecks.checkOut(request.out());
        if (!ModelSource.isElsewhere(from)) {
            ExportChecks.check(ExportSource.of(Path.of(from)), request);
        }
        return new Export(from, request);
    }

    /**
     * Writes the model.
     *
     * @param bridge to Python
     * @return what was written
     * @throws InvalidInputException                  when the model has no such form
     * @throws ExportMismatchException                when it would not say what the model says
     * @throws io.ballast.MissingEnvironmentException when a package, a device or room on the disk is missing
     */
    public Exported run(Bridge bridge) {
        ExportSource source = ExportSource.of(ModelSource.folder(bridge, from));
        ExportChecks.check(source, request);
        Path out = request.out().toAbsolutePath().normalize();
        Path partial = out.resolveSibling("." + out.getFileName() + ".partial");
        try {
            WholeFiles.delete(partial);
            Files.createDirectories(partial);
            Exported exported = written(bridge, source, partial);
            describe(source, exported);
            Files.deleteIfExists(out);
            Files.move(partial, out, StandardCopyOption.ATOMIC_MOVE);
            return exported.in(request.out());
        } catch (IOException e) {
            throw new InvalidInputException("--out: expected a folder that can be written at " + out + "; found " + e
                    + ".", e);
        } finally {
            remove(partial);
        }
    }

    private Exported written(Bridge bridge, ExportSource source, Path folder) throws IOException {
        String format = Words.of(request.format());
        String dtype = Words.of(request.dtype());
        long model = bridge.models().openToUse(source.folder(), DTYPE, source.isOnQuantizedBase() ? "auto" : "cpu");
        long probe = 0;
        try {
            probe = bridge.exports().probe(model);
            Map<String, Object> details = bridge.exports().write(model, format, folder, dtype, request.maxShardBytes());
            bridge.release(model);
            model = 0;
            ExportComparison comparison = ExportComparison.of(
                    bridge.exports().compare(probe, format, folder, dtype));
            checkSame(comparison);
            String hash = source.baseFolder().map(base -> ModelFolder.open(base).weightsHash()).orElse(null);
            return new Exported(folder, request.format(),
                    request.format() == ExportFormat.ADAPTER ? null : request.dtype(), from, source.baseName(from), hash,
                    details, comparison, ExportedFile.in(folder), bridge.versions());
        } finally {
            release(bridge, model);
            release(bridge, probe);
        }
    }

    private void checkSame(ExportComparison comparison) {
        if (!comparison.passed()) {
            boolean rounded = request.dtype() != ExportDtype.FLOAT32;
            throw new ExportMismatchException("Expected the " + Words.of(request.format()) + " export of " + from
                    + " to say what the model says; found other answers. " + comparison.sentence()
                    + " Nothing was kept. " + (rounded
                    ? "The model does not bear --dtype " + Words.of(request.dtype()) + "; use float32."
                    : "Use another --format, and report this."), rounded);
        }
    }

    private static void describe(ExportSource source, Exported exported) throws IOException {
        String note = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls()
                .serializeSpecialFloatingPointValues().create().toJson(exported.toMap());
        WholeFiles.write(exported.folder().resolve(NOTE), note + "\n");
        String card = ExportCard.of(source.ownCard().orElse(null), source.cards().toList(), new ExportFacts(
                exported.toMap(), exported.comparison().sentence(), exported.format().library(),
                source.isTrained() ? exported.format().relation() : null));
        WholeFiles.write(exported.folder().resolve("README.md"), card);
    }

    private static void release(Bridge bridge, long handle) {
        if (handle != 0) {
            bridge.release(handle);
        }
    }

    private static void remove(Path partial) {
        try {
            WholeFiles.delete(partial);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove what is left of an export, " + partial, e);
        }
    }
}
