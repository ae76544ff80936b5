package io.ballast.checkpoint;

import com.google.gson.JsonElement;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The first place where two JSON documents differ. */
final class Difference {
    private Difference() {
    }

    /**
     * @param before a document, or null
     * @param now    another, or null
     * @return the keys that lead there, and both values; empty where they are the same
     */
    static Optional<String> between(JsonElement before, JsonElement now) {
        return between("", before, now);
    }

    private static Optional<String> between(String path, JsonElement before, JsonElement now) {
        if (Objects.equals(before, now)) {
            return Optional.empty();
        }
        if (before == null || now == null || !before.isJsonObject() || !now.isJsonObject()) {
            return Optional.of(path + " was " + before + " and is " + now);
        }
        Set<String> keys = new TreeSet<>(before.getAsJsonObject().keySet());
        keys.addAll(now.getAsJsonObject().keySet());
        return keys.stream().flatMap(key -> between(path.isEmpty() ? key : path + "." + key,
                before.getAsJsonObject().get(key), now.getAsJsonObject().get(key)).stream()).findFirst();
    }
}
