package io.ballast.cli;

import io.ballast.config.DataConfig;
import io.ballast.data.Row;
import io.ballast.data.RowReader;
import io.ballast.data.Template;
import io.ballast.model.HubAddress;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Reads a data entry to its end as a run would, without a model: is there a row that has not what its template asks for? */
final class DataRows {
    private DataRows() {
    }

    /**
     * The rows that a run would see; nothing for data on the hub, which are not fetched for this. What plug-ins give
     * is a file by now.
     *
     * @throws io.ballast.InvalidInputException for a file that cannot be read, no rows, or a row without a field
     */
    static OptionalLong count(DataConfig data) {
        if (data.generate() != null) {
            return OptionalLong.of(data.generate().documents());
        }
        if (HubAddress.is(data.path())) {
            HubAddress.dataFile(data.path());
            return OptionalLong.empty();
        }
        List<Template> templates = Stream.of(data.text(), data.prompt(), data.completion())
                .filter(template -> template != null).map(Template::parse).toList();
        long rows = 0;
        try (RowReader reader = RowReader.open(data)) {
            while (reader.hasNext()) {
                Row row = reader.next();
                templates.forEach(template -> template.render(row));
                if (data.messages() != null) {
                    row.value(data.messages());
                }
                rows++;
            }
        }
        return OptionalLong.of(rows);
    }
}
