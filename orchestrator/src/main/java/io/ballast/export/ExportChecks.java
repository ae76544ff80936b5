package io.ballast.export;

import io.ballast.InvalidInputException;
import io.ballast.MissingEnvironmentException;
import io.ballast.data.DiskSpace;
import io.ballast.data.WholeFiles;
import io.ballast.model.ModelFolder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What can be told of an export before anything is loaded. */
final class ExportChecks {
    private ExportChecks() {
    }

    static void check(ExportSource source, ExportRequest request) {
        if (request.format() == ExportFormat.ADAPTER && !source.isAdapter()) {
            throw new InvalidInputException("--format adapter: expected a PEFT adapter; found a whole model without one"
                    + " in " + source.folder() + ". Use --format merged.");
        }
        if (request.format() != ExportFormat.ADAPTER && source.isOnQuantizedBase()) {
            throw new InvalidInputException("Expected an adapter on a base in full precision; found one trained on a"
                    + " base in few bits (quantization.json) in " + source.folder() + ". Folded into other weights"
                    + " than those it was trained on it would be another model. Use --format adapter.");
        }
        checkRoom(source, request);
    }

    static void checkOut(Path out) {
        try {
            if (!WholeFiles.isNewOrEmpty(out)) {
                throw new InvalidInputException("--out: expected a new or empty folder; found "
                        + (Files.isDirectory(out) ? "files in " : "a file at ") + out + ". Choose another one.");
            }
        } catch (IOException e) {
            throw new InvalidInputException("--out: expected a folder that can be read at " + out + "; found " + e
                    + ".", e);
        }
    }

    private static void checkRoom(ExportSource source, ExportRequest request) {
        if (request.format() == ExportFormat.ADAPTER || source.baseFolder().isEmpty()) {
            return;
        }
        long needed = ModelFolder.open(source.baseFolder().get()).parameters() * request.dtype().bytes();
        try {
            long free = DiskSpace.freeBytes(request.out());
            if (free < needed) {
                throw new MissingEnvironmentException("Expected " + needed + " bytes free for the weights in "
                        + request.out() + "; found " + free + ". Free some, name a folder on another disk, or use"
                        + " --dtype bfloat16.");
            }
        } catch (IOException e) {
            throw new InvalidInputException("--out: expected a disk that tells how full it is at " + request.out()
                    + "; found " + e + ".", e);
        }
    }
}
