package io.ballast.cli;

import io.ballast.Ballast;
import io.ballast.Experiment;
import io.ballast.python.PythonEnvironment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * {@code ballast demo}: makes the demo's world where it is missing, runs the three experiments in
 * {@code examples/demo} as {@code ballast run} would, and puts their numbers side by side.
 */
final class DemoCommand implements Command {
    private static final List<String> EXPERIMENTS = List.of("plain", "l2", "hierarchical");

    @Override
    public String name() {
        return "demo";
    }

    @Override
    public String argument() {
        return "";
    }

    @Override
    public String summary() {
        return "Watch a small model learn a domain, forget with plain fine-tuning, and keep with Ballast.";
    }

    @Override
    public Options options() {
        return new Options();
    }

    @Override
    public int run(CommandLine line, Output output) {
        long started = System.nanoTime();
        PythonEnvironment environment = PythonEnvironment.find();
        Path folder = environment.packagePath().resolveSibling("examples").resolve("demo");
        Map<String, Experiment> experiments = new LinkedHashMap<>();
        EXPERIMENTS.forEach(name -> experiments.put(name, Experiment.read(folder.resolve(name + ".json"))));
        Map<String, WatchedRun> runs = new LinkedHashMap<>();
        try (Interruption interruption = new Interruption(output)) {
            DemoWorld.makeIfMissing(folder, experiments.get("plain").config().seed(), environment.executable(),
                    interruption, output);
            run(experiments, environment, interruption, output, runs);
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        output.answer(() -> document(seconds, runs), () -> text(seconds, runs));
        return 0;
    }

    private static void run(Map<String, Experiment> experiments, PythonEnvironment environment,
            Interruption interruption, Output output, Map<String, WatchedRun> runs) {
        try (Ballast ballast = Ballast.open(environment)) {
            experiments.forEach((name, experiment) -> {
                output.note("\n" + name);
                runs.put(name, WatchedRun.of(ballast, experiment, interruption, output));
            });
        }
    }

    private static String document(double seconds, Map<String, WatchedRun> runs) {
        StringBuilder document = new StringBuilder(String.format(Locale.ROOT, "{\"seconds\": %.1f", seconds));
        runs.forEach((name, run) -> document.append(",\n\"").append(name).append("\": ").append(run.result().toJson()));
        return document.append("}").toString();
    }

    private static String text(double seconds, Map<String, WatchedRun> runs) {
        StringBuilder text = new StringBuilder("\n").append(DemoTable.of(runs)).append('\n');
        runs.forEach((name, run) -> text.append("report of ").append(name).append(": ")
                .append(run.folder().resolve("report.html")).append('\n'));
        return text.append(String.format(Locale.ROOT, """

                Done in %s. To try next:
                  ./ballast run examples/demo/hierarchical.json --set retention.lambda=3
                  ./ballast inspect %s
                  ./ballast validate examples/sciq.json
                """, Numbers.clock(seconds), runs.get("hierarchical").folder().resolve("anchor"))).toString();
    }
}
