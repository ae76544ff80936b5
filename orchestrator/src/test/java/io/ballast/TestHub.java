package io.ballast;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The Python tests' own hub, and programs that use it: huggingface_hub reads its settings once in a process. */
public final class TestHub implements AutoCloseable {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));

    private final Path root;
    private final Path cache;
    private final Process server;
    private final String address;

    /**
     * Starts it.
     *
     * @param folder a new one, for the hub's models and for the cache
     * @throws IOException when it cannot be started
     */
    public TestHub(Path folder) throws IOException {
        root = Files.createDirectories(folder.resolve("hub"));
        cache = folder.resolve("cache");
        server = new ProcessBuilder(HOME.resolve(".venv/bin/python").toString(),
                HOME.resolve("python-ext/tests/hub_server.py").toString(), "--root", root.toString(), "--port", "0")
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        address = server.inputReader().readLine();
    }

    /** @return where it has its {@code models} and {@code datasets}, served as they are at each request */
    public Path root() {
        return root;
    }

    /** @return what {@code HF_ENDPOINT} is to be */
    public String address() {
        return address;
    }

    /**
     * Puts a tiny model there.
     *
     * @param name    organisation/name
     * @param mark    a file of the hub server's, such as {@code .gated}
     * @param content of the mark
     * @return the mark
     * @throws IOException when it cannot be written
     */
    public Path add(String name, String mark, String content) throws IOException {
        return Files.writeString(TinyModels.copy("llama-tied", root.resolve("models").resolve(name)).resolve(mark), content);
    }

    /**
     * What a program prints that asks this hub.
     *
     * @param program     with a main method
     * @param environment of its process
     * @param arguments   of the program
     * @return its standard output
     * @throws IOException          when it cannot be started
     * @throws InterruptedException when somebody interrupts who waits for it
     */
    public String run(Class<?> program, Map<String, String> environment, String... arguments)
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
