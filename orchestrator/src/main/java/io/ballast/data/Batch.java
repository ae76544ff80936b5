package io.ballast.data;

import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One micro-batch: which documents stand in which row. It is small; the tokens are fetched when it is written
 * to a slot, which any thread may do.
 */
public final class Batch {
    private final List<List<Document>> rows;
    private final int length;
    private final boolean packed;
    private final long targets;
    private final long tokens;

    private Batch(List<List<Document>> rows) {
        int longest = 0;
        int mostDocuments = 0;
        long targetCount = 0;
        long tokenCount = 0;
        for (List<Document> row : rows) {
            int positions = 0;
            for (Document document : row) {
                positions += document.positions();
                targetCount += document.targets();
            }
            longest = Math.max(longest, Math.max(1, positions));
            mostDocuments = Math.max(mostDocuments, row.size());
            tokenCount += positions;
        }
        this.rows = rows;
        this.length = longest;
        this.packed = mostDocuments > 1;
        this.targets = targetCount;
        this.tokens = tokenCount;
    }

    /**
     * A batch with one document in each row.
     *
     * @param documents the rows, each of at least two tokens
     * @return the batch
     */
    public static Batch of(List<? extends Document> documents) {
        return packed(documents.stream().map(document -> List.<Document>of(document)).toList());
    }

    /**
     * A batch with several documents in a row.
     *
     * @param rows the documents of each row, each of at least two tokens
     * @return the batch
     */
    public static Batch packed(List<List<Document>> rows) {
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("A batch has at least one row");
        }
        return new Batch(List.copyOf(rows));
    }

    /**
     * This rank's rows, where several ranks train on a batch together: the batch cut into as many parts as there are
     * ranks.
     *
     * @param rank  which part, from 0
     * @param ranks how many parts
     * @return its rows; where there are fewer rows than ranks it may be one of padding only. Its {@link #targets()} and
     *         {@link #tokens()} are the whole batch's, which is what a loss is the mean over
     */
    public Batch share(int rank, int ranks) {
        List<List<Document>> own = rows.subList(rows.size() * rank / ranks, rows.size() * (rank + 1) / ranks);
        return new Batch(new Batch(own.isEmpty() ? List.of(List.of()) : List.copyOf(own)), targets, tokens);
    }

    private Batch(Batch part, long targets, long tokens) {
        this.rows = part.rows;
        this.length = part.length;
        this.packed = part.packed;
        this.targets = targets;
        this.tokens = tokens;
    }

    /**
     * Some of its rows, as a batch of their own: as long as the longest of them.
     *
     * @param from the first
     * @param to   behind the last
     * @return the batch
     */
    public Batch part(int from, int to) {
        return packed(rows.subList(from, to));
    }

    /**
     * The first of its documents, row by row, as a batch of their own.
     *
     * @param count how many, at least one
     * @return the batch; this one where it has no more
     */
    public Batch first(long count) {
        if (documents() <= count) {
            return this;
        }
        List<List<Document>> first = new ArrayList<>();
        long left = count;
        for (List<Document> row : rows) {
            if (left > 0) {
                first.add(row.subList(0, (int) Math.min(left, row.size())));
                left -= row.size();
            }
        }
        return packed(first);
    }

    /** @return how many documents stand in its rows */
    public long documents() {
        return rows.stream().mapToLong(List::size).sum();
    }

    /** @return how many rows it has */
    public int rows() {
        return rows.size();
    }

    /** @return positions in each row: those of the longest row */
    public int length() {
        return length;
    }

    /** @return whether any row holds more than one document, so that attention must be kept apart */
    public boolean packed() {
        return packed;
    }

    /** @return how many tokens are learned or scored */
    public long targets() {
        return targets;
    }

    /** @return how many tokens are read, padding left out */
    public long tokens() {
        return tokens;
    }

    /**
     * The documents of a row, in the order in which they stand there.
     *
     * @param row 0 to {@code rows() - 1}
     * @return its documents, one unless the batch is packed
     */
    public List<Document> documents(int row) {
        return rows.get(row);
    }

    /**
     * Writes the four planes of {@link BatchSlot}. The buffer's position and limit are neither used nor moved.
     *
     * @param slot a direct buffer in native order with room for the batch
     * @throws IllegalArgumentException if the buffer cannot hold the batch
     */
    public void fill(LongBuffer slot) {
        BatchSlot.check(slot, rows(), length);
        LongBuffer planes = slot.duplicate().clear();
        for (int row = 0; row < rows(); row++) {
            int offset = row * length;
            int segment = 0;
            for (Document document : rows.get(row)) {
                write(planes, offset, document, ++segment);
                offset += document.positions();
            }
            pad(planes, offset, (row + 1) * length);
        }
    }

    private void write(LongBuffer planes, int offset, Document document, int segment) {
        int plane = rows() * length;
        int positions = document.positions();
        for (int position = 0; position < positions; position++) {
            int at = offset + position;
            int next = position + 1;
            planes.put(at + BatchSlot.IDS * plane, document.token(position));
            planes.put(at + BatchSlot.TARGETS * plane,
                    next >= document.targetStart() ? document.token(next) : BatchSlot.NOT_SCORED);
            planes.put(at + BatchSlot.POSITIONS * plane, position);
            planes.put(at + BatchSlot.SEGMENTS * plane, segment);
        }
    }

    private void pad(LongBuffer planes, int from, int to) {
        int plane = rows() * length;
        for (int at = from; at < to; at++) {
            planes.put(at + BatchSlot.IDS * plane, BatchSlot.PADDING_ID);
            planes.put(at + BatchSlot.TARGETS * plane, BatchSlot.NOT_SCORED);
            planes.put(at + BatchSlot.POSITIONS * plane, 0);
            planes.put(at + BatchSlot.SEGMENTS * plane, 0);
        }
    }
}
