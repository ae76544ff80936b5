package io.ballast.report;

import io.ballast.compare.ChangeVerdict;
import java.util.Arrays;

/** What a change of a score amounts to. */
enum Verdict {
    /** As {@link ChangeVerdict#BETTER}. */
    BETTER(ChangeVerdict.BETTER.toString()),
    /** As {@link ChangeVerdict#WORSE}. */
    WORSE(ChangeVerdict.WORSE.toString()),
    /** As {@link ChangeVerdict#NOISE}. */
    NOISE(ChangeVerdict.NOISE.toString()),
    /** The items were not compared, so nothing can be said about noise. */
    UNTESTED("noise not tested");

    private final String words;

    Verdict(String words) {
        this.words = words;
    }

    /** @return the verdict in these words, {@link #UNTESTED} for any others */
    static Verdict of(String words) {
        return Arrays.stream(values()).filter(each -> each.words.equals(words)).findFirst().orElse(UNTESTED);
    }

    @Override
    public String toString() {
        return words;
    }
}
