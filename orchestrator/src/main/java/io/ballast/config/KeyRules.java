package io.ballast.config;

import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.List;

/** Keys that exclude or need each other: {@link Alternatives} and {@link Setting#needs()}. */
final class KeyRules {
    private KeyRules() {
    }

    static void check(JsonObject object, Class<?> type, Place place) {
        for (Key key : Key.of(type)) {
            String needed = key.setting().needs();
            if (object.has(key.name()) && !needed.isEmpty() && !object.has(needed)) {
                throw place.problem("the key '" + key.name() + "' needs '" + needed + "', which is missing. "
                        + Key.of(type, needed).orElseThrow().setting().value());
            }
        }
        for (Alternatives alternatives : type.getAnnotationsByType(Alternatives.class)) {
            check(object, alternatives, type, place);
        }
    }

    private static void check(JsonObject object, Alternatives alternatives, Class<?> type, Place place) {
        List<String> given = Arrays.stream(alternatives.value()).filter(object::has).toList();
        String ways = String.join(" or ", Arrays.stream(alternatives.value()).map(name -> way(name, type)).toList());
        if (given.size() > 1) {
            throw place.wrong("only one of " + ways, String.join(" and ", given), "Leave one out.");
        }
        if (given.isEmpty() && alternatives.required()) {
            throw place.wrong(ways, "none of them", "Add one.");
        }
    }

    /** An alternative with what it needs, such as "prompt with completion". */
    private static String way(String name, Class<?> type) {
        String needed = Key.of(type, name).orElseThrow().setting().needs();
        return needed.isEmpty() ? name : needed + " with " + name;
    }
}
