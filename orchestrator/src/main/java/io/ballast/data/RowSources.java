package io.ballast.data;

import io.ballast.InvalidInputException;
import io.ballast.model.SourceAddress;
import io.ballast.plugin.Services;
import java.util.List;

/** The sources of one's own that are on the class path. */
public final class RowSources {
    private RowSources() {
    }

    /**
     * @param address an address of a source
     * @return the source
     * @throws InvalidInputException when none has its scheme
     */
    public static RowSource of(String address) {
        List<RowSource> all = Services.of(RowSource.class);
        String scheme = SourceAddress.scheme(address);
        return all.stream().filter(source -> source.scheme().equals(scheme)).findFirst()
                .orElseThrow(() -> new InvalidInputException("expected a data file, or an address of hf:// or of a"
                        + " source on the class path, found " + address + ". There is: " + (all.isEmpty() ? "no source"
                        : String.join(", ", all.stream().map(RowSource::scheme).toList())) + ". Put the source's jar on"
                        + " the class path, with META-INF/services/" + RowSource.class.getName() + "."));
    }
}
