package io.ballast.export;

import io.ballast.data.Sha256;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One file of an export.
 *
 * @param name   in the folder
 * @param bytes  its size
 * @param sha256 of its content, in hexadecimal
 */
public record ExportedFile(String name, long bytes, String sha256) {
    static List<ExportedFile> in(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).sorted().map(ExportedFile::of).toList();
        }
    }

    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", name);
        map.put("bytes", bytes);
        map.put("sha256", sha256);
        return map;
    }

    private static ExportedFile of(Path file) {
        return new ExportedFile(file.getFileName().toString(), file.toFile().length(), new Sha256().file(file).hex());
    }
}
