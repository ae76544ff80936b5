package io.ballast.data;

import java.net.URI;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where rows come from that are in no file: a database, a ticket system, a catalogue. Found by Java's
 * {@code ServiceLoader}; name the class in {@code META-INF/services/io.ballast.data.RowSource}. An experiment writes an
 * address of its scheme wherever it would write a data file: {@code "path": "tickets://closed?year=2025"}.
 *
 * <p>Rows are read once a run, before the model is opened, and kept beside the token stores under the hash of what they
 * are: the same rows are not tokenized again.
 */
public interface RowSource {
    /** @return what its addresses begin with: two or more of {@code a-z 0-9 + . -}, a letter first; not {@code hf} */
    String scheme();

    /**
     * The rows behind an address, always in the same order.
     *
     * @param address of this scheme, as the experiment has it
     * @return rows by column; values are texts, numbers, truth values, null, and lists and maps of these. It is closed
     *         by who asked, on the run's thread. What it throws ends the run as an
     *         {@link io.ballast.PluginException}
     */
    Stream<Map<String, Object>> rows(URI address);
}
