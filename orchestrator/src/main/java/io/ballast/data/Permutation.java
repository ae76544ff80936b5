package io.ballast.data;

/**
 * A seeded shuffle of 0 to size − 1 that needs no memory: any place of it can be asked for. It is a Feistel
 * network over the next power of four, walked until it comes back into the range (Black, Rogaway: Ciphers with
 * Arbitrary Finite Domains, CT-RSA 2002).
 */
final class Permutation {
    /** Four rounds make a Feistel network pseudorandom (Luby, Rackoff 1988); the others cost little. */
    private static final int ROUNDS = 6;
    /** A few bits more than a tiny range needs: with one bit a half, few of the shuffles could come up. */
    private static final int LEAST_HALF_BITS = 4;

    private final long seed;
    private final long size;
    private final int halfBits;
    private final long halfMask;

    Permutation(long seed, long size) {
        this.seed = seed;
        this.size = size;
        int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(0, size - 1));
        this.halfBits = Math.max(LEAST_HALF_BITS, (bits + 1) / 2);
        this.halfMask = (1L << halfBits) - 1;
    }

    /** The element that the shuffle puts at a place. */
    long at(long place) {
        if (place < 0 || place >= size) {
            throw new IndexOutOfBoundsException("Place " + place + " of a permutation of " + size);
        }
        long value = encrypt(place);
        while (value >= size) {
            value = encrypt(value);
        }
        return value;
    }

    private long encrypt(long value) {
        long left = value >>> halfBits;
        long right = value & halfMask;
        for (int round = 0; round < ROUNDS; round++) {
            long next = left ^ Randomness.hash(seed, round, right) & halfMask;
            left = right;
            right = next;
        }
        return left << halfBits | right;
    }
}
