package io.ballast.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Damages valid files: flipped bits, ends cut off, parts of two files joined, lengths that promise 2⁶⁰ bytes, and, where
 * there is text in them, values of JSON or YAML replaced by others that are wrong for their place.
 */
final class Mutation {
    private static final List<String> VALUES = List.of("1152921504606846976", "-1", "0", "1e999", "-1e999999999", "NaN",
            "Infinity", "-Infinity", "9223372036854775807", "-9223372036854775808", "4294967296", "0.5", "1e-400",
            "\"NaN\"", "\"inf\"", "null", "true", "[]", "{}", "\"\"", "\"../../../../etc/passwd\"", "\"/etc/passwd\"",
            "\"\\u0000\"", "\"\\ud800\"", "[[]]", "{\"\":null}", "[null]", "\"2^60\"", "*a", "&a [*a]", "!!int x", "~");
    private static final long[] LENGTHS = {0, 1, -1, 1L << 60, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE,
            1L << 31, 1L << 32, 100_000_000, 0xFFFF};
    private static final Pattern VALUE = Pattern.compile(
            "\"(?:[^\"\\\\]|\\\\.){0,200}\"|-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|\\b(?:true|false|null)\\b");
    private static final int DEEPEST = 5_000;

    private final List<byte[]> seeds;
    private final SplittableRandom random;

    Mutation(List<byte[]> seeds, SplittableRandom random) {
        this.seeds = seeds;
        this.random = random;
    }

    /** One of the valid files with one to four mistakes in it. */
    byte[] next() {
        byte[] made = any(seeds).clone();
        for (int left = 1 + random.nextInt(4); left > 0 && made.length > 0; left--) {
            made = once(made);
        }
        return made;
    }

    private byte[] once(byte[] file) {
        return switch (random.nextInt(12)) {
            case 0 -> flipped(file);
            case 1 -> Arrays.copyOf(file, random.nextInt(file.length));
            case 2 -> joined(file, any(seeds));
            case 3 -> withLength(file);
            case 4 -> without(file);
            case 5 -> twice(file);
            case 6 -> nested(file);
            case 7 -> swapped(file);
            default -> withValue(file);
        };
    }

    private byte[] flipped(byte[] file) {
        byte[] made = file.clone();
        made[random.nextInt(made.length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        return made;
    }

    private byte[] joined(byte[] first, byte[] second) {
        int begin = random.nextInt(first.length);
        int from = second.length == 0 ? 0 : random.nextInt(second.length);
        return replaced(first, begin, first.length, Arrays.copyOfRange(second, from, second.length));
    }

    /** A number of 8 or 4 bytes, mostly the one that a binary file begins with. */
    private byte[] withLength(byte[] file) {
        if (file.length < Long.BYTES) {
            return flipped(file);
        }
        byte[] made = file.clone();
        ByteBuffer bytes = ByteBuffer.wrap(made).order(ByteOrder.LITTLE_ENDIAN);
        long length = LENGTHS[random.nextInt(LENGTHS.length)];
        int at = random.nextBoolean() ? 0 : random.nextInt(file.length - Long.BYTES + 1);
        if (random.nextBoolean()) {
            bytes.putLong(at, length);
        } else {
            bytes.putInt(at, (int) length);
        }
        return made;
    }

    private byte[] without(byte[] file) {
        int begin = random.nextInt(file.length);
        return replaced(file, begin, begin + random.nextInt(file.length - begin + 1), new byte[0]);
    }

    private byte[] twice(byte[] file) {
        int begin = random.nextInt(file.length);
        int end = Math.min(file.length, begin + random.nextInt(200));
        return replaced(file, end, end, Arrays.copyOfRange(file, begin, end));
    }

    private byte[] nested(byte[] file) {
        int depth = 1 + random.nextInt(DEEPEST);
        String open = random.nextBoolean() ? "[" : "{\"a\":";
        int at = random.nextInt(file.length + 1);
        return replaced(file, at, at, open.repeat(depth).getBytes(StandardCharsets.UTF_8));
    }

    private byte[] swapped(byte[] file) {
        List<MatchResult> values = values(file);
        if (values.size() < 2) {
            return flipped(file);
        }
        MatchResult other = any(values);
        return withValue(file, any(values), other.group());
    }

    private byte[] withValue(byte[] file) {
        List<MatchResult> values = values(file);
        return values.isEmpty() ? flipped(file) : withValue(file, any(values), any(VALUES));
    }

    private static byte[] withValue(byte[] file, MatchResult place, String value) {
        return replaced(file, place.start(), place.end(), value.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static List<MatchResult> values(byte[] file) {
        return VALUE.matcher(new String(file, StandardCharsets.ISO_8859_1)).results()
                .collect(ArrayList::new, ArrayList::add, ArrayList::addAll);
    }

    private static byte[] replaced(byte[] file, int begin, int end, byte[] by) {
        byte[] made = new byte[begin + by.length + file.length - end];
        System.arraycopy(file, 0, made, 0, begin);
        System.arraycopy(by, 0, made, begin, by.length);
        System.arraycopy(file, end, made, begin + by.length, file.length - end);
        return made;
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
