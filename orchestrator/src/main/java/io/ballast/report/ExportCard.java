package io.ballast.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The model card of an export. The card that the model has is kept, its head completed with what the hub asks for, its
 * section on use replaced; at the end stands how the files came about, with their hashes.
 */
public final class ExportCard {
    private static final String BASE_MODEL = "base_model";
    private static final String TAGS = "tags";
    /** What a base model's terms are; the card's writer has the last word. */
    private static final List<String> LICENCE = List.of("license", "license_name", "license_link");

    private ExportCard() {
    }

    /**
     * Makes the card.
     *
     * @param own   the card that the model or its run has, or null
     * @param cards where a licence may stand, the nearest card first
     * @param facts what it says of the export
     * @return Markdown with a head in YAML
     */
    public static String of(Path own, List<Path> cards, ExportFacts facts) {
        CardText kept = own == null ? new CardText(Map.of(), "# " + facts.baseName() + "\n") : CardText.of(read(own));
        Map<String, Object> head = new LinkedHashMap<>(kept.head());
        head.putIfAbsent(BASE_MODEL, facts.baseName());
        if (facts.relation() != null) {
            head.put("base_model_relation", facts.relation());
        }
        head.put("library_name", facts.library());
        head.put("pipeline_tag", "text-generation");
        head.put(TAGS, tags(kept.head().get(TAGS), facts.format()));
        addLicence(cards, head);
        String body = kept.without("Use").without("Export").body().stripTrailing();
        return FrontMatter.yaml(head) + body + "\n\n" + ExportSection.use(facts) + "\n"
                + ExportSection.provenance(facts);
    }

    private static void addLicence(List<Path> cards, Map<String, Object> head) {
        cards.stream().map(card -> CardText.of(read(card)).head()).filter(each -> each.containsKey(LICENCE.get(0)))
                .findFirst().ifPresent(each -> LICENCE.stream().filter(each::containsKey)
                        .forEach(key -> head.putIfAbsent(key, each.get(key))));
    }

    private static List<String> tags(Object before, String format) {
        Set<String> tags = new LinkedHashSet<>();
        if (before instanceof List<?> list) {
            list.forEach(tag -> tags.add(String.valueOf(tag)));
        }
        Stream.of("ballast", format).forEach(tags::add);
        return new ArrayList<>(tags);
    }

    private static String read(Path card) {
        try {
            return new String(Files.readAllBytes(card), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + card, e);
        }
    }
}
