package io.ballast.report;

import java.util.Map;

/**
 * What a model card says of an export.
 *
 * @param document by the names of {@code export.json}
 * @param compared how near it is to the model, in a sentence
 * @param library  what reads it, as the hub calls it
 * @param relation to the base model, as the hub calls it; null for a model that nobody trained
 */
public record ExportFacts(Map<String, Object> document, String compared, String library, String relation) {
    String format() {
        return String.valueOf(document.get("format"));
    }

    /** The hub's name of the base model, or its folder's: a path of this machine says nothing to a reader. */
    String baseName() {
        return FrontMatter.modelName(String.valueOf(document.get("baseModel")));
    }
}
