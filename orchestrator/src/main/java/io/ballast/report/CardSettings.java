package io.ballast.report;

import java.util.ArrayList;
import java.util.List;

/** The method, its settings, the phases and what they cost. */
final class CardSettings {
    private static final List<String> RETENTION =
            List.of("method", "lambda", "form", "space", "layerCoefficients", "layers", "normalize", "reference", "xi",
                    "anchor");
    private static final List<String> PHASE = List.of("steps", "epochs", "batchSize", "gradientAccumulation",
            "learningRate", "schedule", "warmupSteps", "weightDecay", "clipNorm", "maxLength", "packing");

    private CardSettings() {
    }

    static String of(Evidence evidence) {
        Fields experiment = evidence.run().experiment();
        List<List<String>> rows = new ArrayList<>();
        add(rows, "", experiment, List.of("seed"));
        add(rows, "model · ", experiment.object("model"), List.of("dtype"));
        add(rows, "adapter · ", experiment.object("adapter"), List.of("kind", "rank", "alpha", "dropout",
                "targets", "preserved", "samples", "bits", "carry"));
        add(rows, "retention · ", experiment.object("retention"),
                evidence.isHeldBack() ? RETENTION : List.of("method"));
        add(rows, "afterTraining · ", experiment.object("afterTraining"), List.of("method", "strength"));
        for (String kind : List.of("general", "domain")) {
            experiment.oneOrMore(kind).forEach(phase -> add(rows, phase.text("name").orElse(kind) + " · ", phase, PHASE));
        }
        String settings = Markdown.section("Method and settings", method(evidence)
                + Markdown.table(List.of("setting", "value"), rows));
        return settings + (settings.isEmpty() ? "" : "\n") + cost(evidence);
    }

    private static void add(List<List<String>> rows, String prefix, Fields settings, List<String> names) {
        names.stream().filter(name -> settings.json().has(name) && !settings.json().get(name).isJsonNull())
                .forEach(name -> rows.add(List.of(prefix + name, settings.text(name)
                        .orElseGet(() -> settings.json().get(name).toString()))));
    }

    private static String method(Evidence evidence) {
        if (evidence.run().experiment().isEmpty()) {
            return "";
        }
        return evidence.method().equals("hierarchical")
                ? "Hierarchical layer-wise and element-wise regularization ([arXiv 2501.13669]"
                + "(https://arxiv.org/abs/2501.13669)), by Ballast.\n\n"
                : "Method against forgetting: " + Markdown.text(evidence.method()) + ", by Ballast.\n\n";
    }

    private static String cost(Evidence evidence) {
        List<List<String>> rows = evidence.run().result().objects("phases").stream()
                .map(CardSettings::phase).toList();
        double added = evidence.run().result().object("importance").number("secondsAdded");
        String sentence = Double.isFinite(added)
                ? "\nMeasuring importance took " + Numbers.significant(added, 2) + " s beside the optimizer's steps.\n" : "";
        return Markdown.section("Cost", Markdown.table(List.of("phase", "steps", "tokens", "seconds", "tokens/s",
                "peak memory, MiB", "first loss", "last loss"), rows) + sentence);
    }

    private static List<String> phase(Fields phase) {
        return List.of(phase.text("name").orElse("?"), count(phase, "steps"), count(phase, "tokens"),
                Numbers.significant(phase.number("seconds"), 3),
                Numbers.significant(phase.number("tokensPerSecond"), 3),
                Numbers.significant(phase.number("peakMemoryBytes") / (1 << 20), 3),
                Numbers.significant(phase.number("firstLoss"), 4), Numbers.significant(phase.number("lastLoss"), 4));
    }

    private static String count(Fields phase, String name) {
        double value = phase.number(name);
        return Double.isFinite(value) ? Long.toString((long) value) : "–";
    }
}
