package io.ballast.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How an experiment writes the constants of an enum: in lower case, with hyphens. */
public final class Words {
    private Words() {
    }

    /**
     * The word for a constant.
     *
     * @param constant such as {@code SCALED_RMS}
     * @return such as {@code scaled-rms}
     */
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static List<String> of(Class<?> type) {
        return Arrays.stream(type.getEnumConstants()).map(constant -> of((Enum<?>) constant)).toList();
    }
}
