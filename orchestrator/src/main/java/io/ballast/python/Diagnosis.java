package io.ballast.python;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.reflect.TypeToken;
import io.ballast.Finding;
import io.ballast.MissingEnvironmentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a Python has of what Ballast needs, asked of that Python in a process of its own: nothing is embedded. */
public final class Diagnosis {
    private static final String PYTHON = "Python with Jep and PyTorch";

    private Diagnosis() {
    }

    /**
     * Looks at the Python that {@link PythonEnvironment#find()} would embed.
     *
     * @return one finding for each thing that is needed
     */
    public static List<Finding> of() {
        try {
            return of(PythonEnvironment.candidate());
        } catch (MissingEnvironmentException e) {
            return List.of(new Finding(PYTHON, false, "none", "", "BALLAST_PYTHON or ballast.home names one",
                    e.getMessage()));
        }
    }

    /**
     * Looks at a Python.
     *
     * @param executable the Python
     * @return one finding for each thing that is needed
     */
    public static List<Finding> of(Path executable) {
        List<Finding> findings = new ArrayList<>();
        findings.add(new Finding("Java", true, System.getProperty("java.version"), System.getProperty("java.home"),
                "17 or later", ""));
        if (!Files.isExecutable(executable)) {
            findings.add(new Finding(PYTHON, false, "none", executable.toString(), "an executable file",
                    PythonEnvironment.SETUP));
            return findings;
        }
        findings.addAll(ask(executable));
        return findings;
    }

    private static List<Finding> ask(Path executable) {
        Path script = PythonEnvironment.packageFolder().resolve("ballast/doctor.py");
        try {
            Process process = new ProcessBuilder(executable.toString(), "-I", script.toString(), Versions.jep())
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            List<Finding> found = new Gson().fromJson(answer, new TypeToken<List<Finding>>() { }.getType());
            return found == null ? List.of(silent(executable, "no answer")) : found;
        } catch (IOException | JsonParseException e) {
            return List.of(silent(executable, e.getMessage()));
        }
    }

    private static Finding silent(Path executable, String found) {
        return new Finding(PYTHON, false, found, executable.toString(), "a Python that runs", PythonEnvironment.SETUP);
    }
}
