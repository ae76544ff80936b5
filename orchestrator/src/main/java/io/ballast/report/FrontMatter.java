package io.ballast.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * The YAML head of a model card, by the hub's specification
 * (huggingface/huggingface_hub, {@code docs/source/en/guides/model-cards.md}). A licence is left to the
 * person who publishes: it follows from the base model and the data, which this run does not know.
 */
final class FrontMatter {
    private static final Pattern HUB_MODEL = Pattern.compile("hf://([^/@]+/[^/@]+)(@.*)?");
    /** Where the hub's client keeps a revision of a model. */
    private static final Pattern HUB_SNAPSHOT = Pattern.compile(".*/models--(.+?)--(.+?)/snapshots/[0-9a-f]+/*");
    private static final Pattern HUB_DATA = Pattern.compile("hf://datasets/([^/@]+/[^/@]+)([/@].*)?");

    private FrontMatter() {
    }

    static String of(Evidence evidence) {
        Fields experiment = evidence.run().experiment();
        boolean adapter = !experiment.object("adapter").isEmpty();
        Map<String, Object> head = new LinkedHashMap<>();
        experiment.object("model").text("path").ifPresent(path -> head.put("base_model", modelName(path)));
        head.put("library_name", adapter ? "peft" : "transformers");
        head.put("pipeline_tag", "text-generation");
        head.put("tags", tags(evidence, adapter));
        List<String> datasets = datasets(experiment);
        if (!datasets.isEmpty()) {
            head.put("datasets", datasets);
        }
        List<Map<String, Object>> results = results(evidence.run().result());
        if (!results.isEmpty()) {
            head.put("model-index", List.of(entry("name", name(evidence), "results", results)));
        }
        return yaml(head);
    }

    static String yaml(Map<String, Object> head) {
        DumpSettings settings = DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build();
        return "---\n" + new Dump(settings).dumpToString(head) + "---\n\n";
    }

    static String name(Evidence evidence) {
        return evidence.run().result().text("name").orElse("run");
    }

    /** @return the hub's name of a hub model, else the name of its folder: a path of this machine says nothing there */
    static String modelName(String path) {
        Matcher hub = HUB_MODEL.matcher(path);
        if (hub.matches()) {
            return hub.group(1);
        }
        Matcher snapshot = HUB_SNAPSHOT.matcher(path);
        if (snapshot.matches()) {
            return snapshot.group(1) + "/" + snapshot.group(2);
        }
        return path.replaceAll("/+$", "").replaceAll(".*/", "");
    }

    private static List<String> tags(Evidence evidence, boolean adapter) {
        List<String> tags = new ArrayList<>(List.of("ballast", "fine-tuning", "continual-learning"));
        if (adapter) {
            tags.add(evidence.run().experiment().object("adapter").text("kind").orElse("lora"));
        }
        if (evidence.isHeldBack()) {
            tags.add(evidence.method());
        }
        return tags;
    }

    private static List<String> datasets(Fields experiment) {
        return Stream.of("general", "domain").flatMap(kind -> experiment.oneOrMore(kind).stream())
                .flatMap(phase -> phase.objects("data").stream())
                .map(data -> HUB_DATA.matcher(data.text("path").orElse("")))
                .filter(Matcher::matches).map(matcher -> matcher.group(1)).distinct().toList();
    }

    /** The scores of the last stage; the hub shows them beside the model. */
    private static List<Map<String, Object>> results(Fields result) {
        List<Fields> scores = result.objects("scores");
        String last = scores.isEmpty() ? "" : scores.get(scores.size() - 1).text("stage").orElse("");
        return scores.stream().filter(score -> score.text("stage").orElse("").equals(last))
                .filter(score -> Double.isFinite(score.number("value")))
                .map(FrontMatter::result).toList();
    }

    private static Map<String, Object> result(Fields score) {
        String task = score.text("task").orElse("?");
        return entry("task", entry("type", "text-generation"), "dataset", entry("name", task, "type", task),
                "metrics", List.of(entry("type", score.text("metric").orElse("?"), "value", score.number("value"))));
    }

    private static Map<String, Object> entry(Object... keysAndValues) {
        Map<String, Object> entry = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            entry.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return entry;
    }
}
