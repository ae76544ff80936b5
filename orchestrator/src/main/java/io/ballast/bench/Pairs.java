package io.ballast.bench;

import java.util.function.DoubleSupplier;

/**
 * What two sides gave, measured one after the other.
 *
 * @param ours   of Ballast
 * @param theirs of the other side, as many
 */
record Pairs(double[] ours, double[] theirs) {
    /**
     * Measures both sides in turn; every second time in the other order, so that neither always comes after the other.
     *
     * @param count  how often
     * @param ours   gives one figure of Ballast
     * @param theirs gives one figure of the other side
     * @return the figures in the order in which they came
     */
    static Pairs inTurn(int count, DoubleSupplier ours, DoubleSupplier theirs) {
        Pairs pairs = new Pairs(new double[count], new double[count]);
        for (int pair = 0; pair < count; pair++) {
            boolean oursFirst = pair % 2 == 0;
            if (oursFirst) {
                pairs.ours[pair] = ours.getAsDouble();
            }
            pairs.theirs[pair] = theirs.getAsDouble();
            if (!oursFirst) {
                pairs.ours[pair] = ours.getAsDouble();
            }
        }
        return pairs;
    }
}
