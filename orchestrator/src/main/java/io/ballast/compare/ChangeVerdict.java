package io.ballast.compare;

import com.google.gson.annotations.SerializedName;

/** What a change amounts to, once Holm's correction has been paid for looking at many. */
public enum ChangeVerdict {
    /** Better, with an adjusted p-value below 0.05. */
    @SerializedName("better")
    BETTER("better"),
    /** Worse, with an adjusted p-value below 0.05. */
    @SerializedName("worse")
    WORSE("worse"),
    /** An adjusted p-value of 0.05 or more. */
    @SerializedName("no change beyond noise")
    NOISE("no change beyond noise");

    private static final double ALPHA = 0.05;
    private final String words;

    ChangeVerdict(String words) {
        this.words = words;
    }

    static ChangeVerdict of(double change, boolean higherIsBetter, double adjustedP) {
        if (adjustedP >= ALPHA) {
            return NOISE;
        }
        return change > 0 == higherIsBetter ? BETTER : WORSE;
    }

    @Override
    public String toString() {
        return words;
    }
}
