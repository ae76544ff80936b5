package io.ballast.report;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A headless Chromium, where one is installed, without a way to any network.
 *
 * @param program the program
 */
record Chromium(Path program) {
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

    /**
     * A page as the browser shows it.
     *
     * @param dom     the document after its scripts ran
     * @param console what was written to the console, errors and blocked requests included
     */
    record Loaded(String dom, List<String> console) {
    }

    static Optional<Chromium> find() {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable).findFirst().map(Chromium::new);
    }

    Loaded load(Path page, Path scratch) throws IOException, InterruptedException {
        Path dom = scratch.resolve("dom.html");
        Path log = scratch.resolve("log.txt");
        Process process = new ProcessBuilder(program.toString(), "--headless", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
                "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + scratch.resolve("profile"),
                "--enable-logging=stderr", "--virtual-time-budget=3000", "--window-size=1280,900", "--dump-dom",
                page.toUri().toString()).redirectOutput(dom.toFile()).redirectError(log.toFile()).start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("Chromium did not end within a minute: " + Files.readString(log));
        }
        try (Stream<String> lines = Files.lines(log)) {
            return new Loaded(Files.readString(dom), lines.filter(line -> line.contains(":CONSOLE")).toList());
        }
    }
}
