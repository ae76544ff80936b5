package io.ballast.report;

import java.util.ArrayList;
import java.util.List;
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

    static String use(ExportFacts facts) {
        String open = switch (facts.format()) {
            case "adapter" -> ADAPTER;
            case "onnx" -> ONNX;
            default -> MERGED;
        };
        return Markdown.section("Use", "```python\n" + open
                + "\ntokenizer = AutoTokenizer.from_pretrained(\"FOLDER\")\n```\n");
    }

    static String provenance(ExportFacts facts) {
        Map<String, Object> document = facts.document();
        List<List<String>> rows = new ArrayList<>();
        Stream.of("format", "dtype").filter(key -> document.get(key) != null)
                .forEach(key -> rows.add(List.of(key, String.valueOf(document.get(key)))));
        rows.add(List.of("base model", facts.baseName()));
        if (document.get("baseModelHash") instanceof String hash) {
            rows.add(List.of("base model's weights", "sha256:" + hash));
        }
        if (document.get("versions") instanceof Map<?, ?> versions) {
            versions.entrySet().stream().filter(entry -> entry.getValue() instanceof String)
                    .forEach(entry -> rows.add(List.of(String.valueOf(entry.getKey()), (String) entry.getValue())));
        }
        if (document.get("files") instanceof List<?> files) {
            files.forEach(file -> rows.add(file((Map<?, ?>) file)));
        }
        return Markdown.section("Export", facts.compared() + "\n\n" + Markdown.table(List.of("what", "value"), rows));
    }

    private static List<String> file(Map<?, ?> file) {
        return List.of(String.valueOf(file.get("name")), file.get("bytes") + " bytes, sha256:" + file.get("sha256"));
    }
}
