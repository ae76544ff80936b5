package io.ballast.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One key of a settings record: its name in the file, what is said about it, and where it is kept.
 *
 * @param name      as the file has it
 * @param setting   meaning, default and bounds
 * @param component where the value is kept
 */
record Key(String name, Setting setting, RecordComponent component) {

    /** The keys of a settings record, in its order. */
    static List<Key> of(Class<?> settings) {
        return Arrays.stream(settings.getRecordComponents()).map(component -> {
            Setting setting = component.getAnnotation(Setting.class);
            return new Key(setting.key().isEmpty() ? component.getName() : setting.key(), setting, component);
        }).toList();
    }

    static List<String> names(Class<?> settings) {
        return of(settings).stream().map(Key::name).toList();
    }

    static Optional<Key> of(Class<?> settings, String name) {
        return of(settings).stream().filter(key -> key.name.equals(name)).findFirst();
    }

    Type type() {
        return component.getGenericType();
    }

    /** The value of a key that was left out; a JSON null when there is none. */
    JsonElement defaultValue() {
        return JsonParser.parseString(setting.byDefault());
    }
}
