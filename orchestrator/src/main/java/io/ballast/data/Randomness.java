package io.ballast.data;

/**
 * Hashes of seeds and numbers, from which everything random here is derived, so that any part of it can be had
 * without what came before it: the finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom
 * Number Generators, OOPSLA 2014) over the numbers in turn.
 */
final class Randomness {
    /** 2⁶⁴ divided by the golden ratio, SplitMix64's increment. */
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private Randomness() {
    }

    static long hash(long... numbers) {
        long state = 0;
        for (long number : numbers) {
            state = mix(state + GOLDEN_GAMMA + number);
        }
        return state;
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
