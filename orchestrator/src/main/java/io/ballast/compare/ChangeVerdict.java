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

    /** A score that is no longer a finite number is worse, whatever a test makes of it. */
    static ChangeVerdict of(double before, double after, boolean higherIsBetter, double adjustedP) {
        if (!Double.isFinite(before) || !Double.isFinite(after)) {
            return Double.isFinite(before) ? WORSE : Double.isFinite(after) ? BETTER : NOISE;
        }
        if (adjustedP >= ALPHA) {
            return NOISE;
        }
        return after > before == higherIsBetter ? BETTER : WORSE;
    }

    @Override
    public String toString() {
        return words;
    }
}
