package io.ballast.djl;

import io.ballast.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The Python tests' own hub, and programs that use it: huggingface_hub reads its settings once in a process. */
final class TestHub implements AutoCloseable {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));

    private final Path root;
    private final Path cache;
    private final Process server;
    private final String address;

    /** @param folder a new one, for the hub's models and for the cache */
    TestHub(Path folder) throws IOException {
        root = Files.createDirectories(folder.resolve("hub"));
        cache = folder.resolve("cache");
        server = new ProcessBuilder(HOME.resolve(".venv/bin/python").toString(),
                HOME.resolve("python-ext/tests/hub_server.py").toString(), "--root", root.toString(), "--port", "0")
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        address = server.inputReader().readLine();
    }

    /** Puts a tiny model there; a mark is a file of the hub server's, such as {@code .gated}. */
    Path add(String name, String mark, String content) throws IOException {
        Path model = Files.createDirectories(root.resolve("models").resolve(name));
        try (Stream<Path> files = Files.list(TinyModels.folder("llama-tied"))) {
            for (Path file : files.toList()) {
                Files.copy(file, model.resolve(file.getFileName()));
            }
        }
        return Files.writeString(model.resolve(mark), content);
    }

    /** What a program prints that asks this hub. */
    String run(Class<?> program, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dballast.home=" + HOME, "-Dai.djl.offline=true", "-cp",
                System.getProperty("java.class.path"), program.getName()));
        command.addAll(List.of(arguments));
        Path log = root.resolveSibling("log.txt");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("HF_") || name.equals("BALLAST_PYTHON"));
        builder.environment().put("HF_ENDPOINT", address);
        builder.environment().put("HF_HOME", cache.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new AssertionError(program + " ended with " + process.exitValue() + " and said " + said
                    + Files.readString(log));
        }
        return said;
    }

    @Override
    public void close() {
        server.destroy();
    }
}
