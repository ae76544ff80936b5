package io.ballast.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A command line as somebody typed it, and what came of it.
 *
 * @param code exit code
 * @param out  standard output
 * @param err  standard error
 */
record Typed(int code, String out, String err) {

    static Typed run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(arguments, new Output(stream(out), stream(err), false, arguments));
        return new Typed(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /**
     * The same in a process of its own.
     *
     * @param environment changes that of the process
     * @param options     further ones of the JVM
     */
    static Typed inAProcess(Consumer<Map<String, String>> environment, List<String> options, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dballast.home=" + System.getProperty("ballast.home")));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        Path said = Files.createTempFile("ballast-said", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(said.toFile());
            environment.accept(builder.environment());
            Process process = builder.start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Typed(process.waitFor(), out, Files.readString(said));
        } finally {
            Files.delete(said);
        }
    }

    static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
