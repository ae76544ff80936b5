package io.ballast.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What a model card says of an export: how to read it, and how it came about. */
final class ExportSection {
    private static final String ADAPTER = "from peft import AutoPeftModelForCausalLM\n"
            + "from transformers import AutoTokenizer\n\nmodel = AutoPeftModelForCausalLM.from_pretrained(\"FOLDER\")";
    private static final String MERGED = "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
            + "model = AutoModelForCausalLM.from_pretrained(\"FOLDER\", dtype=\"auto\")";
    private static final String ONNX = "import onnxruntime\nfrom transformers import AutoTokenizer\n\n"
            + "session = onnxruntime.InferenceSession(\"FOLDER/model.onnx\")";

    private ExportSection() {
    }

    static String use(Map<String, Object> facts) {
        String open = switch (String.valueOf(facts.get("format"))) {
            case "adapter" -> ADAPTER;
            case "onnx" -> ONNX;
            default -> MERGED;
        };
        return Markdown.section("Use", "```python\n" + open
                + "\ntokenizer = AutoTokenizer.from_pretrained(\"FOLDER\")\n```\n");
    }

    static String provenance(Map<String, Object> facts) {
        List<List<String>> rows = new ArrayList<>();
        Stream.of("format", "dtype").filter(key -> facts.get(key) != null)
                .forEach(key -> rows.add(List.of(key, String.valueOf(facts.get(key)))));
        // A path of this machine says nothing where the card is read.
        rows.add(List.of("base model", FrontMatter.modelName(String.valueOf(facts.get("baseModel")))));
        if (facts.get("baseModelHash") instanceof String hash) {
            rows.add(List.of("base model's weights", "sha256:" + hash));
        }
        if (facts.get("versions") instanceof Map<?, ?> versions) {
            versions.forEach((name, version) -> {
                if (version instanceof String text) {
                    rows.add(List.of(String.valueOf(name), text));
                }
            });
        }
        if (facts.get("files") instanceof List<?> files) {
            files.forEach(file -> rows.add(file((Map<?, ?>) file)));
        }
        return Markdown.section("Export", compared(facts) + Markdown.table(List.of("what", "value"), rows));
    }

    private static List<String> file(Map<?, ?> file) {
        return List.of(String.valueOf(file.get("name")), file.get("bytes") + " bytes, sha256:" + file.get("sha256"));
    }

    private static String compared(Map<String, Object> facts) {
        if (!(facts.get("comparison") instanceof Map<?, ?> found)) {
            return "";
        }
        return String.format(Locale.ROOT, "Read back and compared with the model on %s rows of text, %s: logits differ"
                + " by at most %.2g (%.2g of their standard deviation; %s would be too much), %s of %s tokens are"
                + " chosen alike and %s could be either.%n%n", found.get("rows"), found.get("way"), found.get("maxDifference"),
                found.get("relative"), found.get("tolerance"), found.get("sameTokens"), found.get("tokens"),
                found.get("undecidedTokens"));
    }
}
