package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PermutationTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 7, 8, 255, 256, 257, 10_000})
    void everyElementStandsOnce(long size) {
        Permutation permutation = new Permutation(42, size);
        long[] sorted = LongStream.range(0, size).map(permutation::at).sorted().toArray();
        assertArrayEquals(LongStream.range(0, size).toArray(), sorted);
    }

    @Test
    void largeRangesStayInRange() {
        long size = (1L << 40) + 12_345;
        Permutation permutation = new Permutation(1, size);
        assertEquals(1000, LongStream.range(size - 1000, size).map(permutation::at).distinct().count());
        assertTrue(LongStream.range(0, 1000).map(permutation::at).allMatch(value -> value >= 0 && value < size));
    }

    @Test
    void seedsDecide() {
        assertEquals(new Permutation(5, 1000).at(17), new Permutation(5, 1000).at(17));
        assertNotEquals(order(5, 100), order(6, 100));
    }

    /** Over many seeds each of the 24 orders of four elements comes up as often as chance has it. */
    @Test
    void ordersAreEquallyLikely() {
        int trials = 24_000;
        var counts = LongStream.range(0, trials).mapToObj(seed -> order(seed, 4))
                .collect(java.util.stream.Collectors.groupingBy(order -> order, java.util.stream.Collectors.counting()));
        double chiSquare = counts.values().stream().mapToDouble(count -> Math.pow(count - 1000, 2) / 1000).sum();
        assertEquals(24, counts.size());
        // The 99.9 % quantile of chi-square with 23 degrees of freedom.
        assertTrue(chiSquare < 49.7, () -> "chi-square " + chiSquare);
    }

    @Test
    void placesOutsideAreRefused() {
        assertThrows(IndexOutOfBoundsException.class, () -> new Permutation(1, 3).at(3));
        assertThrows(IndexOutOfBoundsException.class, () -> new Permutation(1, 0).at(0));
    }

    private static java.util.List<Long> order(long seed, long size) {
        Permutation permutation = new Permutation(seed, size);
        return LongStream.range(0, size).map(permutation::at).boxed().toList();
    }
}
