package io.ballast.export;

import java.util.Locale;
import java.util.Map;

/**
 * What an export says against what the model said, as {@code ballast/export/comparison.py} finds it.
 *
 * @param passed          whether they say the same, up to rounding
 * @param tolerance       how far logits may differ by rounding, in their standard deviations
 * @param maxDifference   how far they do differ
 * @param scale           the logits' standard deviation
 * @param relative        maxDifference in standard deviations
 * @param rows            of text
 * @param tokens          chosen, one at each position
 * @param sameTokens      that are chosen alike
 * @param undecidedTokens where the two best are nearer than rounding may move them
 * @param differentTokens chosen otherwise
 * @param way             how the export was read
 */
public record ExportComparison(boolean passed, double tolerance, double maxDifference, double scale, double relative,
        int rows, int tokens, int sameTokens, int undecidedTokens, int differentTokens, String way) {

    static ExportComparison of(Map<String, Object> found) {
        return new ExportComparison((Boolean) found.get("passed"), number(found, "tolerance").doubleValue(),
                number(found, "maxDifference").doubleValue(), number(found, "scale").doubleValue(),
                number(found, "relative").doubleValue(), number(found, "rows").intValue(),
                number(found, "tokens").intValue(), number(found, "sameTokens").intValue(),
                number(found, "undecidedTokens").intValue(), number(found, "differentTokens").intValue(),
                (String) found.get("way"));
    }

    private static Number number(Map<String, Object> found, String name) {
        return (Number) found.get(name);
    }

    /** @return the same for people, in one sentence */
    public String sentence() {
        return String.format(Locale.ROOT, "Read back and compared with the model on %d rows of text, %s: logits differ"
                + " by at most %.2g (%.2g of their standard deviation; more than %s is too much), %d of %d tokens are"
                + " chosen alike, %d could be either and %d are others.", rows, way, maxDifference, relative, tolerance,
                sameTokens, tokens, undecidedTokens, differentTokens);
    }
}
