package io.ballast.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The batches of an epoch with several documents in a row: the shuffled documents are taken in windows that fill
 * about {@value PaddedEpoch#WINDOW_BATCHES} batches, and each is put into the first row that has room for it.
 * What does not fill a batch goes on to the next window; only the last batch of an epoch may have fewer rows.
 */
final class PackedEpoch implements Iterator<Batch> {
    private final EpochOrder order;
    private final long epoch;
    private final int batchSize;
    private final int rowPositions;
    private final Deque<Batch> ready = new ArrayDeque<>();
    private List<Document> carried = List.of();
    private long place;

    PackedEpoch(EpochOrder order, long epoch, int batchSize, int rowPositions) {
        this.order = order;
        this.epoch = epoch;
        this.batchSize = batchSize;
        this.rowPositions = rowPositions;
    }

    @Override
    public boolean hasNext() {
        return !ready.isEmpty() || !carried.isEmpty() || place < order.size();
    }

    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException("The epoch is over");
        }
        if (ready.isEmpty()) {
            packWindow();
        }
        return ready.remove();
    }

    private void packWindow() {
        List<PackedRow> rows = new ArrayList<>();
        int firstOpen = 0;
        for (Document document : readWindow()) {
            firstOpen = skipFull(rows, firstOpen);
            put(document, rows, firstOpen);
        }
        boolean last = place == order.size();
        int batches = last ? (rows.size() + batchSize - 1) / batchSize : rows.size() / batchSize;
        for (int batch = 0; batch < batches; batch++) {
            List<PackedRow> part = rows.subList(batch * batchSize, Math.min((batch + 1) * batchSize, rows.size()));
            ready.add(Batch.packed(part.stream().map(row -> List.copyOf(row.documents)).toList()));
        }
        carried = new ArrayList<>();
        rows.subList(Math.min(batches * batchSize, rows.size()), rows.size())
                .forEach(row -> carried.addAll(row.documents));
    }

    private List<Document> readWindow() {
        List<Document> documents = new ArrayList<>(carried);
        long positions = documents.stream().mapToLong(Document::positions).sum();
        long enough = (long) PaddedEpoch.WINDOW_BATCHES * batchSize * rowPositions;
        while (place < order.size() && positions < enough) {
            Document document = order.at(epoch, place++);
            documents.add(document);
            positions += document.positions();
        }
        return documents;
    }

    private static int skipFull(List<PackedRow> rows, int firstOpen) {
        int open = firstOpen;
        while (open < rows.size() && rows.get(open).free == 0) {
            open++;
        }
        return open;
    }

    private void put(Document document, List<PackedRow> rows, int firstOpen) {
        int at = firstOpen;
        while (at < rows.size() && rows.get(at).free < document.positions()) {
            at++;
        }
        if (at == rows.size()) {
            rows.add(new PackedRow(rowPositions));
        }
        rows.get(at).add(document);
    }

    private static final class PackedRow {
        private final List<Document> documents = new ArrayList<>();
        private int free;

        PackedRow(int positions) {
            free = positions;
        }

        void add(Document document) {
            documents.add(document);
            free -= document.positions();
        }
    }
}
