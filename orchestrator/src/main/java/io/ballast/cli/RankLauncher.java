package io.ballast.cli;

import io.ballast.MissingEnvironmentException;
import io.ballast.StoppedException;
import io.ballast.python.PythonEnvironment;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Starts the ranks of a run on this machine, by torchrun: a process each, which share the machine's cores.
 *
 * @param perNode     ranks on this machine, at least 1
 * @param nodes       machines; more than one are each started with the same endpoint
 * @param endpoint    HOST:PORT of one of the machines, where they meet; null where there is one machine
 * @param job         what the machines that belong together call their job
 * @param joinTimeout seconds until a machine that does not come is given up
 */
record RankLauncher(int perNode, int nodes, String endpoint, String job, int joinTimeout) {
    /**
     * Runs a program on every rank, and waits for the end of all.
     *
     * @param environment whose Python has torchrun
     * @param program     the words of its command
     * @param stopsBy     is given what asks all ranks to stop
     * @return the exit code of the first rank that failed, else 0
     * @throws MissingEnvironmentException when that Python cannot be started
     */
    int run(PythonEnvironment environment, List<String> program, Consumer<Runnable> stopsBy) {
        List<String> command = new ArrayList<>(List.of(environment.executable().toString(), "-m", "ballast.launch",
                "--no-python", "--nproc-per-node", String.valueOf(perNode), "--nnodes", String.valueOf(nodes)));
        command.addAll(endpoint == null ? List.of("--standalone") : List.of("--rdzv-backend", "c10d", "--rdzv-endpoint",
                endpoint, "--rdzv-id", job, "--rdzv-conf", "join_timeout=" + joinTimeout));
        command.addAll(program);
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        Map<String, String> variables = builder.environment();
        variables.merge("PYTHONPATH", environment.packagePath().toString(), (old, ours) -> ours + File.pathSeparator + old);
        variables.putIfAbsent("OMP_NUM_THREADS",
                String.valueOf(Math.max(1, Runtime.getRuntime().availableProcessors() / perNode)));
        try {
            Process process = builder.start();
            stopsBy.accept(process::destroy);
            return process.waitFor();
        } catch (IOException e) {
            throw new MissingEnvironmentException("Expected a Python with torch at " + environment.executable()
                    + "; found that it cannot be started: " + e.getMessage() + ". Run './ballast doctor'.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoppedException("Stopped while ranks were running.");
        }
    }
}
