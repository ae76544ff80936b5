package io.ballast.config;

import com.google.gson.JsonElement;
import io.ballast.InvalidInputException;
import java.util.List;

/**
 * Where a value stands, for messages.
 *
 * @param source the file or the override it came from
 * @param keys   the keys that lead to it, such as {@code general.data[0].path}; empty for the whole
 */
record Place(String source, String keys) {

    static Place of(String source) {
        return new Place(source, "");
    }

    Place key(String name) {
        return new Place(source, keys.isEmpty() ? name : keys + "." + name);
    }

    /** An entry of a list that one object may stand for. */
    Place entry(int index, List<?> list) {
        return list.size() == 1 ? this : index(index);
    }

    Place index(int index) {
        return new Place(source, keys + "[" + index + "]");
    }

    InvalidInputException wrong(String expected, JsonElement found, String advice) {
        return wrong(expected, JsonText.describe(found), advice);
    }

    InvalidInputException wrong(String expected, String found, String advice) {
        return problem("expected " + expected + ", found " + found + ". " + advice);
    }

    InvalidInputException problem(String message) {
        return new InvalidInputException(this + ": " + message.strip());
    }

    @Override
    public String toString() {
        return keys.isEmpty() ? source : keys + " in " + source;
    }
}
