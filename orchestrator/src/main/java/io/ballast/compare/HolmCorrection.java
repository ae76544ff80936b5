package io.ballast.compare;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Holm's step-down correction: whoever looks at m differences and believes those with an adjusted p-value below α
 * believes a single false one with probability at most α, whatever the dependence between them (S. Holm, A simple
 * sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979). With p(1) ≤ … ≤ p(m),
 * the adjusted p(k) is the largest of min(1, (m − j + 1) p(j)) over j ≤ k.
 */
final class HolmCorrection {
    private HolmCorrection() {}

    /**
     * @param p of each test, in any order
     * @return the adjusted p-values, in the order of {@code p}
     */
    static double[] adjusted(double... p) {
        List<Integer> ascending = IntStream.range(0, p.length).boxed()
                .sorted(Comparator.comparingDouble(i -> p[i])).toList();
        double[] adjusted = new double[p.length];
        double largest = 0;
        for (int rank = 0; rank < p.length; rank++) {
            int test = ascending.get(rank);
            largest = Math.max(largest, Math.min(1, (p.length - rank) * p[test]));
            adjusted[test] = largest;
        }
        return adjusted;
    }
}
