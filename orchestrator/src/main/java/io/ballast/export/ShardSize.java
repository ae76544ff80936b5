package io.ballast.export;

import io.ballast.InvalidInputException;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as Hugging Face writes them: 2GB is 2,000,000,000 bytes, 2GiB is 2³¹. */
final class ShardSize {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?) ?([KMG]i?B)?");
    private static final Map<String, Long> UNITS = Map.of("KB", 1000L, "MB", 1_000_000L, "GB", 1_000_000_000L,
            "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30);

    private ShardSize() {
    }

    static long bytes(String text) {
        Matcher matcher = FORM.matcher(text);
        long bytes = matcher.matches() ? bytes(matcher.group(1), matcher.group(2)) : 0;
        if (bytes < 1) {
            throw new InvalidInputException("--max-shard-size: expected a size such as 2GB, 500MB or 1GiB; found '"
                    + text + "'.");
        }
        return bytes;
    }

    private static long bytes(String number, String unit) {
        return new BigDecimal(number).multiply(BigDecimal.valueOf(unit == null ? 1 : UNITS.get(unit))).longValue();
    }
}
