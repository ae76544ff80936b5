package io.ballast.python;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The program that this JVM runs. */
public final class ThisProgram {
    private ThisProgram() {
    }

    /**
     * What starts it once more, without its arguments.
     *
     * @param environment whose folder is Ballast's
     * @param main        the class that starts
     * @return the words of a command
     */
    public static List<String> command(PythonEnvironment environment, Class<?> main) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-Dballast.home=" + environment.packagePath().toAbsolutePath().getParent(), "-cp",
                System.getProperty("java.class.path"), main.getName()));
        return command;
    }
}
