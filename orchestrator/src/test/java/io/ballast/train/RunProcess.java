package io.ballast.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A run in a process of its own, on one thread of computation, which can be killed as the system would kill it. */
final class RunProcess implements AutoCloseable {
    private final Process process;
    private final Path said;

    private RunProcess(Process process, Path said) {
        this.process = process;
        this.said = said;
    }

    /** @param arguments of {@code ballast run} */
    static RunProcess start(Path logs, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
                "-Dballast.home=" + System.getProperty("ballast.home"), "-cp", System.getProperty("java.class.path"),
                "io.ballast.cli.Main", "run"));
        command.addAll(List.of(arguments));
        Path said = Files.createTempFile(Files.createDirectories(logs), "run", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
        builder.environment().put("OMP_NUM_THREADS", "1");
        return new RunProcess(builder.start(), said);
    }

    /** The folder of the one run below, once it has its experiment. */
    Path folder(Path output) throws IOException, InterruptedException {
        while (process.isAlive()) {
            if (Files.isDirectory(output)) {
                try (Stream<Path> runs = Files.list(output)) {
                    List<Path> found = runs.filter(run -> Files.exists(run.resolve("experiment.json"))).toList();
                    if (!found.isEmpty()) {
                        return found.get(0);
                    }
                }
            }
            Thread.sleep(5);
        }
        throw new AssertionError("The run ended without a folder:\n" + said());
    }

    /** The processes of a run on several ranks, in their order. */
    List<ProcessHandle> ranks() {
        return process.descendants().filter(each -> each.info().command()
                .map(command -> command.endsWith("/java")).orElse(false))
                .sorted(Comparator.comparing(ProcessHandle::pid)).toList();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /**
     * SIGKILL to the process, or to one of its ranks: it gets to do nothing any more. Waits until nothing of the run is left,
     * and tells whether it ended by that.
     */
    boolean kill(Random random) throws Exception {
        List<ProcessHandle> all = process.descendants().toList();
        List<ProcessHandle> ranks = ranks();
        boolean alive = process.isAlive();
        if (ranks.isEmpty()) {
            process.destroyForcibly();
        } else {
            ranks.get(random.nextInt(ranks.size())).destroyForcibly();
        }
        int code = process.waitFor();
        for (ProcessHandle each : all) {
            each.onExit().get(1, TimeUnit.MINUTES);
        }
        return ranks.isEmpty() ? code == 137 && alive : code != 0;
    }

    /** SIGTERM, as from a scheduler. */
    int stop() throws InterruptedException {
        process.toHandle().destroy();
        return process.waitFor();
    }

    int end() throws InterruptedException {
        return process.waitFor();
    }

    String said() throws IOException {
        return Files.readString(said);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
