package io.ballast.python;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Small values as Jep returns them, with their types checked. */
final class BridgeValues {
    private BridgeValues() {
    }

    static List<Object> list(Object value) {
        return List.copyOf((List<?>) value);
    }

    static Map<String, Object> map(Object value) {
        Map<String, Object> checked = new LinkedHashMap<>();
        ((Map<?, ?>) value).forEach((key, entry) -> checked.put((String) key, entry));
        return checked;
    }
}
