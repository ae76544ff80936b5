package io.ballast.data;

import java.util.List;

/**
 * In which order the rows of all data entries stand in an epoch: a shuffle of its own for each epoch, by the
 * seed. A row of an entry with weight 2.25 stands twice in each epoch, and a quarter of the entry's rows, drawn
 * anew for each epoch, stand a third time.
 */
final class EpochOrder {
    private final List<TokenStore> stores;
    private final long seed;
    /** For each entry, the copies of whole rows in an epoch, and those of its fraction. */
    private final long[] whole;
    private final long[] drawn;
    private final long size;

    EpochOrder(List<TokenStore> stores, List<Double> weights, long seed) {
        this.stores = List.copyOf(stores);
        this.seed = seed;
        this.whole = new long[stores.size()];
        this.drawn = new long[stores.size()];
        long total = 0;
        for (int i = 0; i < whole.length; i++) {
            long rows = stores.get(i).size();
            double copies = Math.floor(weights.get(i));
            whole[i] = (long) copies * rows;
            drawn[i] = Math.round((weights.get(i) - copies) * rows);
            total += whole[i] + drawn[i];
        }
        this.size = total;
    }

    /** Rows in an epoch. */
    long size() {
        return size;
    }

    /** The row at a place of an epoch. */
    Document at(long epoch, long place) {
        long element = new Permutation(Randomness.hash(seed, epoch), size).at(place);
        int entry = 0;
        while (element >= whole[entry] + drawn[entry]) {
            element -= whole[entry] + drawn[entry];
            entry++;
        }
        TokenStore store = stores.get(entry);
        if (element < whole[entry]) {
            return store.document(element % store.size());
        }
        return store.document(new Permutation(Randomness.hash(seed, epoch, entry), store.size())
                .at(element - whole[entry]));
    }
}
