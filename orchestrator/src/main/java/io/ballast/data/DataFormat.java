package io.ballast.data;

import io.ballast.InvalidInputException;
import java.nio.file.Path;
import java.util.Locale;

/** The kinds of data files, told apart by the end of their name. */
enum DataFormat {
    JSON_LINES, CSV, PARQUET;

    static DataFormat of(Path file) {
        String name = file.getFileName().toString();
        String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return switch (ending) {
            case "jsonl", "ndjson" -> JSON_LINES;
            case "csv", "tsv" -> CSV;
            case "parquet" -> PARQUET;
            default -> throw new InvalidInputException("A data file ends with .jsonl (or .ndjson), .csv (or .tsv) "
                    + "or .parquet, and this one does not: " + file + ". Rename or convert it.");
        };
    }
}
