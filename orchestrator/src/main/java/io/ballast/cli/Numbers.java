package io.ballast.cli;

import java.util.List;
import java.util.Locale;

/** Numbers as people read them. */
final class Numbers {
    private static final int SECONDS_PER_MINUTE = 60;
    private static final String[] POWERS_OF_1000 = {"", "k", "M", "G", "T"};

    private Numbers() {
    }

    /** Three decimals, or fewer digits behind the point for a large perplexity. */
    static String score(double value) {
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size < 10 ? "%.3f" : size < 1000 ? "%.1f" : "%.3g", value);
    }

    /** With its sign, for a change. */
    static String change(double value) {
        return (value > 0 ? "+" : "") + score(value);
    }

    /** A change's lower and upper end. */
    static String interval(List<Double> ci95) {
        return "[" + change(ci95.get(0)) + ", " + change(ci95.get(1)) + "]";
    }

    /** A score, or a dash for none. */
    static String orDash(Double value) {
        return value == null ? "-" : score(value);
    }

    /** Minutes and seconds. */
    static String clock(double seconds) {
        long whole = Math.round(seconds);
        return String.format(Locale.ROOT, "%d:%02d", whole / SECONDS_PER_MINUTE, whole % SECONDS_PER_MINUTE);
    }

    /** Such as 12.3 %. */
    static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    /** How large importance is as stored, and how exact. */
    static String stored(long bytes, String storage, double error, long modelBytes) {
        return large(bytes, "B") + " as " + storage + (error == 0 ? ", exact" : String.format(Locale.ROOT,
                ", error %.2g %%", 100 * error)) + ", " + percent((double) bytes / modelBytes) + " of the model's "
                + large(modelBytes, "B");
    }

    /** Such as 15.2 M. */
    static String large(double count, String unit) {
        int power = 0;
        double shown = count;
        while (shown >= 1000 && power < POWERS_OF_1000.length - 1) {
            shown /= 1000;
            power++;
        }
        String number = power == 0 ? String.format(Locale.ROOT, "%.0f", shown)
                : String.format(Locale.ROOT, "%.1f %s", shown, POWERS_OF_1000[power]);
        return unit.isEmpty() ? number : number + (power == 0 ? " " : "") + unit;
    }
}
