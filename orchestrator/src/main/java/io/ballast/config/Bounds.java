package io.ballast.config;

import com.google.gson.JsonObject;
import java.math.BigDecimal;

/** The numbers that a setting allows, for the check, the message and the schema. */
record Bounds(double minimum, boolean exclusiveMinimum, double maximum) {

    static Bounds of(Setting setting) {
        return new Bounds(setting.minimum(), setting.exclusiveMinimum(), setting.maximum());
    }

    static Bounds positive() {
        return new Bounds(0, true, Double.POSITIVE_INFINITY);
    }

    boolean hold(BigDecimal number) {
        return aboveMinimum(number)
                && (maximum == Double.POSITIVE_INFINITY || number.compareTo(new BigDecimal(maximum)) <= 0);
    }

    private boolean aboveMinimum(BigDecimal number) {
        if (minimum == Double.NEGATIVE_INFINITY) {
            return true;
        }
        int order = number.compareTo(new BigDecimal(minimum));
        return exclusiveMinimum ? order > 0 : order >= 0;
    }

    /** Such as " larger than 0"; empty without bounds. */
    String inWords() {
        String low = minimum == Double.NEGATIVE_INFINITY ? ""
                : (exclusiveMinimum ? " larger than " : " of at least ") + PlainNumber.of(minimum);
        String high = maximum == Double.POSITIVE_INFINITY ? "" : " of at most " + PlainNumber.of(maximum);
        return low.isEmpty() || high.isEmpty() ? low + high : low + " and" + high;
    }

    void describe(JsonObject schema) {
        if (minimum != Double.NEGATIVE_INFINITY) {
            schema.addProperty(exclusiveMinimum ? "exclusiveMinimum" : "minimum", PlainNumber.of(minimum));
        }
        if (maximum != Double.POSITIVE_INFINITY) {
            schema.addProperty("maximum", PlainNumber.of(maximum));
        }
    }
}
