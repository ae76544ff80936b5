package io.ballast.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody probably meant to write. */
public final class NearestName {
    private NearestName() {
    }

    /**
     * The name nearest to what was written, by optimal string alignment (insertions, deletions,
     * substitutions and swaps of neighbours), without regard to case, {@code _} and {@code -}.
     *
     * @param written what was written
     * @param names   what there is
     * @return the nearest of the names, or nothing when none is near enough to be meant
     */
    public static Optional<String> of(String written, Collection<String> names) {
        String plain = plain(written);
        int near = (plain.length() + 2) / 3;
        return names.stream()
                .filter(name -> distance(plain, plain(name)) <= near)
                .min(Comparator.comparingInt((String name) -> distance(plain, plain(name)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /**
     * The same as a sentence for the end of a message.
     *
     * @param written what was written
     * @param names   what there is
     * @return "Did you mean 'run'?" with all names after it, or only all names
     */
    public static String advice(String written, Collection<String> names) {
        String all = "There is: " + String.join(", ", names) + ".";
        return of(written, names).map(name -> "Did you mean '" + name + "'? " + all).orElse(all);
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
    }

    static int distance(String a, String b) {
        int[] beforeLast = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                boolean same = a.charAt(i - 1) == b.charAt(j - 1);
                row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
                }
            }
            beforeLast = last;
            last = row;
        }
        return last[b.length()];
    }
}
