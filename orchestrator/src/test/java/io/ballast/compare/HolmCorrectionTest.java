package io.ballast.compare;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HolmCorrectionTest {
    /** The example of pingouin's documentation of {@code multicomp(method="holm")}; by hand 3 × 0.054, 4 × 0.003, … */
    @Test
    void theDocumentedExampleOfPingouinComesOut() {
        assertArrayEquals(new double[] {0.64, 0.012, 0.64, 0.162, 0.0015},
                HolmCorrection.adjusted(0.50, 0.003, 0.32, 0.054, 0.0003), 1e-12);
    }

    /** 4 × 0.005, 3 × 0.01, 2 × 0.03; 1 × 0.04 is less than that, so it is raised: the order must stay. */
    @Test
    void aLargerPNeverGetsASmallerAdjustedOne() {
        assertArrayEquals(new double[] {0.03, 0.06, 0.06, 0.02},
                HolmCorrection.adjusted(0.01, 0.04, 0.03, 0.005), 1e-12);
    }

    @Test
    void oneTestCostsNothingAndNoneIsNone() {
        assertArrayEquals(new double[] {0.04}, HolmCorrection.adjusted(0.04));
        assertArrayEquals(new double[0], HolmCorrection.adjusted());
    }

    /** What the correction is for: among 20 true "no change"s, one false alarm in 5 % of comparisons and not in 64 %. */
    @Test
    void falseAlarmsStayAtFivePercentOfComparisons() {
        Random random = new Random(2);
        int trials = 4000;
        int alarms = 0;
        for (int trial = 0; trial < trials; trial++) {
            double[] p = random.doubles(20).toArray();
            for (double adjusted : HolmCorrection.adjusted(p)) {
                if (adjusted < 0.05) {
                    alarms++;
                    break;
                }
            }
        }
        // Three standard errors of 4,000 trials are 0.0103.
        assertEquals(0.05, (double) alarms / trials, 0.0103);
    }
}
