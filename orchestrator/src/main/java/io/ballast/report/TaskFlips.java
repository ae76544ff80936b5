package io.ballast.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The items of one task that the base model and the final model answer differently. A file may hold
 * thousands, with long prompts: the report carries the first of each kind and counts the rest.
 *
 * @param task       the task's name
 * @param newlyWrong how many the base answered rightly and the final model wrongly
 * @param newlyRight how many the other way round
 * @param items      the first items of both kinds, texts cut at {@link #LONGEST_TEXT}
 */
record TaskFlips(String task, long newlyWrong, long newlyRight, List<JsonObject> items) {
    /** Items of each kind that a report carries. */
    static final int MOST_ITEMS = 100;
    /** Characters of a text that a report carries. */
    static final int LONGEST_TEXT = 4_000;
    private static final List<String> SHOWN =
            List.of("change", "subject", "prompt", "choices", "target", "before", "after", "probabilities");

    static TaskFlips read(Path file) {
        Counter counter = new Counter();
        JsonLines.forEach(file, counter::add);
        String name = file.getFileName().toString();
        return new TaskFlips(name.substring(0, name.length() - ".jsonl".length()),
                counter.newlyWrong, counter.newlyRight, List.copyOf(counter.items));
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("task", task);
        json.addProperty("newlyWrong", newlyWrong);
        json.addProperty("newlyRight", newlyRight);
        JsonArray array = new JsonArray();
        items.forEach(array::add);
        json.add("items", array);
        return json;
    }

    private static final class Counter {
        private long newlyWrong;
        private long newlyRight;
        private final List<JsonObject> items = new ArrayList<>();

        private void add(Fields flip) {
            boolean wrong = flip.text("change").orElse("").equals("newlyWrong");
            long seen = wrong ? ++newlyWrong : ++newlyRight;
            if (seen <= MOST_ITEMS) {
                items.add(shown(flip));
            }
        }
    }

    private static JsonObject shown(Fields flip) {
        JsonObject copy = new JsonObject();
        SHOWN.stream().filter(flip.json()::has).forEach(name -> copy.add(name, shortened(flip.json().get(name))));
        return copy;
    }

    private static JsonElement shortened(JsonElement element) {
        if (element.isJsonArray()) {
            JsonArray copy = new JsonArray();
            element.getAsJsonArray().forEach(each -> copy.add(shortened(each)));
            return copy;
        }
        if (element.isJsonPrimitive() && element.getAsJsonPrimitive().isString()) {
            return new JsonPrimitive(shortened(element.getAsString()));
        }
        return element;
    }

    private static String shortened(String text) {
        int length = text.length();
        if (length <= LONGEST_TEXT) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(LONGEST_TEXT - 1)) ? LONGEST_TEXT - 1 : LONGEST_TEXT;
        return text.substring(0, end) + " … (" + (length - end) + " more characters in evaluation/flips)";
    }
}
