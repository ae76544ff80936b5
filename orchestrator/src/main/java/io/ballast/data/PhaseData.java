package io.ballast.data;

import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tokenized data of a phase: a token store for each data entry, mixed by the entries' weights. */
public final class PhaseData implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PhaseData.class);
    private static final int SEGMENT_INTS = 1 << 28;

    private final List<Source> sources;
    private final List<TokenStore> stores;
    private final int maxLength;
    private final long seed;

    /**
     * Where rows came from, for provenance and for what is told about the data.
     *
     * @param path       the data file
     * @param sha256     hash of the file
     * @param key        hash of all that decides the tokens: file, templates, condition, tokenizer, most tokens
     * @param weight     how often each row stands in an epoch
     * @param statistics what became of the rows
     * @param reused     whether the tokens were found in the cache
     */
    public record Source(Path path, String sha256, String key, double weight, DataStatistics statistics,
            boolean reused) {
    }

    private PhaseData(List<Source> sources, List<TokenStore> stores, int maxLength, long seed) {
        this.sources = List.copyOf(sources);
        this.stores = List.copyOf(stores);
        this.maxLength = maxLength;
        this.seed = seed;
    }

    /**
     * Tokenizes the data of a phase, unless that has been done before.
     *
     * @param data        the data entries, their paths local files
     * @param tokenizer   the model's tokenizer
     * @param maxLength   most tokens in a row, at least 2
     * @param cacheFolder where token stores are kept; made if need be
     * @param renderer    renders chats; null if no entry has any. It is called on the calling thread
     * @param seed        decides order and mixture
     * @return the data, to be closed
     * @throws InvalidInputException if a file, a condition, a template or a row is wrong, or nothing is left to
     *                               learn from
     */
    public static PhaseData prepare(List<DataConfig> data, Tokenizer tokenizer, int maxLength, Path cacheFolder,
            ChatRenderer renderer, long seed) {
        if (data.isEmpty()) {
            throw new InvalidInputException("A phase needs at least one data entry in \"data\".");
        }
        StoreCache cache = new StoreCache(cacheFolder, SEGMENT_INTS);
        List<Source> sources = new ArrayList<>();
        List<TokenStore> stores = new ArrayList<>();
        for (DataConfig entry : data) {
            RowEncoder encoder = new RowEncoder(entry, new ExampleEncoder(tokenizer, maxLength), renderer);
            String sha256 = hash(entry);
            String key = key(entry, sha256, tokenizer, maxLength);
            TokenStore store = cache.get(key, writer -> tokenize(entry, sha256, encoder, writer));
            Source source = new Source(Path.of(entry.path()), sha256, key, entry.weight(), store.statistics(),
                    store.reused());
            tell(source);
            sources.add(source);
            stores.add(store);
        }
        return new PhaseData(sources, stores, maxLength, seed);
    }

    /**
     * This data with rows of another mixed in, drawn anew for each epoch where fewer than all are wanted. Both are then
     * closed with what is returned.
     *
     * @param replayed what to mix in, tokenized to no more tokens than this data
     * @param share    of all rows of an epoch that shall be of {@code replayed}, from 0 to below 1
     * @return the mixture
     */
    public PhaseData withReplay(PhaseData replayed, double share) {
        double weight = share / (1 - share) * rows() / replayed.rows();
        List<Source> mixed = new ArrayList<>(sources);
        replayed.sources.forEach(source -> mixed.add(new Source(source.path(), source.sha256(), source.key(),
                weight * source.weight(), source.statistics(), source.reused())));
        List<TokenStore> all = new ArrayList<>(stores);
        all.addAll(replayed.stores);
        return new PhaseData(mixed, all, maxLength, seed);
    }

    /** Rows in an epoch, by the entries' weights. */
    private double rows() {
        return sources.stream().mapToDouble(source -> source.weight() * source.statistics().rows()).sum();
    }

    private static void tokenize(DataConfig entry, String sha256, RowEncoder encoder, TokenStoreWriter writer)
            throws IOException {
        try (RowReader rows = RowReader.open(entry)) {
            new ParallelEncoding(encoder, writer).run(rows);
        }
        String now = hash(entry);
        if (!now.equals(sha256)) { // its tokens would be kept under the name of another file's
            throw new InvalidInputException("Expected that " + entry.path() + " stays as it is while it is read; found its"
                    + " SHA-256 " + sha256 + " before and " + now + " after. Begin again when nothing writes to it.");
        }
        if (writer.statistics().rows() == 0) {
            throw new InvalidInputException("There is nothing to learn in " + entry.path() + ": all of its "
                    + writer.statistics().emptyRows() + " rows are empty. Check the template.");
        }
    }

    private static String hash(DataConfig entry) {
        Path file = Path.of(entry.path());
        if (!Files.isRegularFile(file)) {
            throw RowReader.missing(file);
        }
        try {
            return new Sha256().file(file).hex();
        } catch (UncheckedIOException unreadable) {
            throw new InvalidInputException("The data file " + file + " cannot be read: "
                    + unreadable.getCause().getMessage(), unreadable);
        }
    }

    private static String key(DataConfig entry, String sha256, Tokenizer tokenizer, int maxLength) {
        return new Sha256().text("format " + StoreManifest.FORMAT).text(sha256)
                .text(DataFormat.of(Path.of(entry.path())).name()).text(entry.where()).text(entry.text())
                .text(entry.prompt()).text(entry.completion()).text(entry.messages())
                .text("end of text " + entry.endOfText()).text(tokenizer.fingerprint())
                .text("max length " + maxLength).hex();
    }

    private static void tell(Source source) {
        DataStatistics counts = source.statistics();
        LOG.info("{}: {} rows, {} tokens, {} of them learned{}", source.path(), counts.rows(), counts.tokens(),
                counts.targets(), source.reused() ? " (tokenized before)" : "");
        if (counts.truncatedRows() > 0) {
            LOG.warn("{}: {} of {} rows are longer than maxLength and lost {} tokens at their ends", source.path(),
                    counts.truncatedRows(), counts.rows(), counts.droppedTokens());
        }
        if (counts.lostRows() > 0) {
            LOG.warn("{}: {} rows were left out: their prompts leave no room for the completion within maxLength",
                    source.path(), counts.lostRows());
        }
        if (counts.emptyRows() > 0) {
            LOG.warn("{}: {} rows are empty and were left out", source.path(), counts.emptyRows());
        }
    }

    /** @return the entries, in the order in which they were given */
    public List<Source> sources() {
        return sources;
    }

    /** @return what became of the rows of all entries; each row counts once, whatever its weight */
    public DataStatistics statistics() {
        return sources.stream().map(Source::statistics).reduce(DataStatistics.NONE, DataStatistics::plus);
    }

    /** @return bytes of its token stores on disk */
    public long bytes() {
        return stores.stream().mapToLong(TokenStore::bytes).sum();
    }

    /** @return a hash of all that decides what is learned from: the entries' keys and weights */
    public String hash() {
        Sha256 hash = new Sha256();
        sources.forEach(source -> hash.text(source.key()).text(Double.toString(source.weight())));
        return hash.hex();
    }

    /**
     * Plans micro-batches from the start of the first epoch. The data must stay open while batches are filled.
     *
     * @param batchSize most rows in a batch
     * @param packing   whether several documents share a row
     * @return the batches
     * @throws InvalidInputException if the weights leave no row
     */
    public BatchPlan plan(int batchSize, boolean packing) {
        EpochOrder order = new EpochOrder(stores, sources.stream().map(Source::weight).toList(), seed);
        if (order.size() == 0) {
            throw new InvalidInputException("The weights of the data leave no row: the entries have "
                    + sources.stream().map(source -> source.statistics().rows() + " rows × " + source.weight())
                            .toList() + ". Raise a weight.");
        }
        return new BatchPlan(order, seed, batchSize, maxLength, packing);
    }

    /** Lets go of the token stores. May be called twice. */
    @Override
    public void close() {
        stores.forEach(TokenStore::close);
    }
}
