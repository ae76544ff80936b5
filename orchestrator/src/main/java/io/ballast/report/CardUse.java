package io.ballast.report;

import java.nio.file.Files;

/** How to load what the run saved. */
final class CardUse {
    private CardUse() {
    }

    static String of(Evidence evidence) {
        if (!Files.isDirectory(evidence.run().folder().resolve("model"))) {
            return "";
        }
        boolean adapter = !evidence.run().experiment().object("adapter").isEmpty();
        String load = adapter
                ? "from peft import AutoPeftModelForCausalLM\n\nmodel = AutoPeftModelForCausalLM.from_pretrained(\"model\")"
                : "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
                + "model = AutoModelForCausalLM.from_pretrained(\"model\")\n"
                + "tokenizer = AutoTokenizer.from_pretrained(\"model\")";
        return Markdown.section("Use", "```python\n" + load + "\n```\n");
    }
}
