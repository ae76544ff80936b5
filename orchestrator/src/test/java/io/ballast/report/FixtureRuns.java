package io.ballast.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Run folders written by hand in the form of the design: the inputs of a renderer. */
final class FixtureRuns {
    static final List<String> ALL = List.of("bare", "failed", "held-back", "hostile", "importance-only", "only-domain",
            "plain", "stopped", "unevaluated");

    private FixtureRuns() {
    }

    /** @return a copy of a run folder, which a test may write to */
    static Path copy(String name, Path into) {
        Path copy = into.resolve(name);
        Path source = source(name);
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(source.relativize(file).toString()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return copy;
    }

    static RunFiles read(String name) {
        return RunFiles.read(source(name));
    }

    static Evidence evidence(String name) {
        return Evidence.of(read(name));
    }

    private static Path source(String name) {
        try {
            return Path.of(FixtureRuns.class.getResource("runs/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
