package io.ballast.study;

import io.ballast.Experiment;
import io.ballast.InvalidInputException;
import io.ballast.config.ExperimentCheck;
import io.ballast.config.ExperimentReader;
import io.ballast.config.NearestName;
import io.ballast.config.PlainNumber;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** A study, resolved: every run of it is an experiment that was checked. Immutable. */
public final class Study {
    private final StudyConfig config;
    private final List<StudyRun> runs;

    private Study(StudyConfig config, List<StudyRun> runs) {
        this.config = config;
        this.runs = List.copyOf(runs);
    }

    /**
     * Reads a study from JSON or YAML, with the experiments it names, and checks every run of it.
     *
     * @param file its paths start from its folder
     * @return the study
     * @throws InvalidInputException when something in it, or one of its experiments, is wrong
     */
    public static Study read(Path file) {
        StudyConfig config = ExperimentReader.readBlock(file, StudyConfig.class);
        check(config, file);
        Path folder = file.toAbsolutePath().getParent();
        RunKey keys = new RunKey();
        List<StudyRun> runs = new ArrayList<>();
        for (StudyConfig.Domain domain : config.domains()) {
            for (int seed : config.seeds()) {
                for (StudyConfig.Method method : config.methods()) {
                    runs.addAll(runs(config, folder, domain, seed, method, keys));
                }
            }
        }
        return new Study(config, runs);
    }

    /** Of all rounds of a method that have the domain and the seed; null is a run without a strength. */
    private static Set<Double> strengths(StudyConfig.Method method, String domain, int seed) {
        Set<Double> strengths = new LinkedHashSet<>();
        rounds(method).filter(round -> round.includes(domain, seed)).forEach(round ->
                strengths.addAll(round.strengths().isEmpty() ? Collections.singleton(null) : round.strengths()));
        return strengths;
    }

    private static List<StudyRun> runs(StudyConfig config, Path folder, StudyConfig.Domain domain, int seed,
            StudyConfig.Method method, RunKey keys) {
        List<StudyRun> runs = new ArrayList<>();
        for (Double strength : strengths(method, domain.name(), seed)) {
            List<String> overrides = new ArrayList<>(List.of("seed=" + seed, "output=" + config.output() + "/runs",
                    "importance.cache=" + config.output() + "/anchors"));
            overrides.addAll(config.set());
            overrides.addAll(method.set());
            if (strength != null) {
                overrides.add(method.key() + "=" + PlainNumber.of(strength));
            }
            Experiment experiment = Experiment.read(Path.of(domain.experiment()), overrides, folder);
            if (experiment.config().domain().size() != 1) {
                throw new InvalidInputException(domain.experiment() + ": expected an experiment with one domain for a"
                        + " study, found " + experiment.config().domain().size() + ". Give each domain an experiment, and"
                        + " name them in 'domains'.");
            }
            ExperimentCheck.check(experiment.config());
            runs.add(new StudyRun(method.name(), domain.name(), strength, seed, experiment,
                    keys.of(experiment.config())));
        }
        return runs;
    }

    private static void check(StudyConfig config, Path file) {
        unique(config.methods().stream().map(StudyConfig.Method::name).toList(), "methods", file);
        unique(config.domains().stream().map(StudyConfig.Domain::name).toList(), "domains", file);
        List<String> methods = config.methods().stream().map(StudyConfig.Method::name).toList();
        List<String> domains = config.domains().stream().map(StudyConfig.Domain::name).toList();
        for (StudyConfig.Method method : config.methods()) {
            if (method.from() != null && !methods.contains(method.from())) {
                throw unknown("from", method, method.from(), methods, file);
            }
            rounds(method).map(StudyConfig.Round::domains).filter(Objects::nonNull).flatMap(List::stream)
                    .filter(domain -> !domains.contains(domain)).findFirst().ifPresent(domain -> {
                        throw unknown("domains", method, domain, domains, file);
                    });
            rounds(method).map(StudyConfig.Round::seeds).filter(Objects::nonNull).flatMap(List::stream)
                    .filter(seed -> !config.seeds().contains(seed)).findFirst().ifPresent(seed -> {
                        throw new InvalidInputException(file + ": methods, '" + method.name() + "', seeds: expected one of"
                                + " the study's " + config.seeds() + ", found " + seed + ". Add it to the study's 'seeds';"
                                + " a method with 'seeds' of its own has only those.");
                    });
        }
    }

    private static Stream<StudyConfig.Round> rounds(StudyConfig.Method method) {
        return Stream.concat(Stream.of(new StudyConfig.Round(method.strengths(), method.domains(), method.seeds())),
                method.more().stream());
    }

    private static void unique(List<String> names, String key, Path file) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                throw new InvalidInputException(file + ": " + key + ": expected names of their own, found '" + name
                        + "' twice. Rename one.");
            }
        }
    }

    private static InvalidInputException unknown(String key, StudyConfig.Method method, String found,
            List<String> known, Path file) {
        return new InvalidInputException(file + ": methods, '" + method.name() + "', " + key + ": expected one of "
                + String.join(", ", known) + ", found '" + found + "'. " + NearestName.advice(found, known));
    }

    /** @return what the file states */
    public StudyConfig config() {
        return config;
    }

    /** @return every run, in the order in which they are made: by domain, seed, method, strength */
    public List<StudyRun> runs() {
        return runs;
    }
}
