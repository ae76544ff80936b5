package io.ballast.export;

import io.ballast.InvalidInputException;
import io.ballast.config.NearestName;
import io.ballast.config.Words;

import java.util.Arrays;
import java.util.List;

/** The forms that a model can be written in. */
public enum ExportFormat {
    /** A PEFT adapter as it is, with the tokenizer. */
    ADAPTER("peft", "adapter"),
    /** A whole Hugging Face checkpoint, an adapter folded into its weights. */
    MERGED("transformers", "finetune"),
    /** An ONNX graph with keys and values as inputs and outputs. */
    ONNX("onnx", "finetune");

    private final String library;
    private final String relation;

    ExportFormat(String library, String relation) {
        this.library = library;
        this.relation = relation;
    }

    /**
     * Reads a format's name.
     *
     * @param name adapter, merged or onnx
     * @return the format
     * @throws InvalidInputException when there is none of the name
     */
    public static ExportFormat of(String name) {
        List<String> names = Arrays.stream(values()).map(Words::of).toList();
        if (!names.contains(name)) {
            throw new InvalidInputException("--format: expected a format, found '" + name + "'. "
                    + ("gguf".equalsIgnoreCase(name) ? "llama.cpp makes GGUF of a merged export: docs/models.md says"
                            + " how. There is: " + String.join(", ", names) + "." : NearestName.advice(name, names)));
        }
        return values()[names.indexOf(name)];
    }

    /** @return what the hub calls the library that reads it */
    String library() {
        return library;
    }

    /** @return what the hub calls its relation to the base model */
    String relation() {
        return relation;
    }
}
