package io.ballast.config;

import com.google.gson.JsonPrimitive;
import io.ballast.model.HubAddress;
import io.ballast.model.SourceAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** A path in an experiment: a file or folder of this machine, or an address of the hub or of a source. */
final class FilePath {
    private FilePath() {
    }

    /** The path from the root of the file system; an address of the hub or of a source stays as it is. */
    static String absolute(String path, Path base, Place place) {
        if (HubAddress.is(path) || SourceAddress.is(path)) {
            return path;
        }
        try {
            return base.toAbsolutePath().resolve(path).normalize().toString();
        } catch (InvalidPathException e) {
            throw place.wrong("a path", new JsonPrimitive(path), e.getReason() + ".");
        }
    }
}
