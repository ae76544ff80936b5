package io.ballast.export;

import io.ballast.InvalidInputException;

import java.nio.file.Path;

/**
 * What an export is to be.
 *
 * @param format        the form
 * @param out           a new or empty folder
 * @param dtype         of the weights; an adapter is written as it is, in whatever dtype it has
 * @param maxShardBytes most bytes of a weight file of a merged model; one larger tensor has a file of its own
 */
public record ExportRequest(ExportFormat format, Path out, ExportDtype dtype, long maxShardBytes) {
    /** The least that hubs and readers of split checkpoints are at ease with, and easily sent again when it broke. */
    private static final long DEFAULT_SHARD_BYTES = 2_000_000_000L;

    /**
     * An export in fp32, in files of up to 2 GB.
     *
     * @param format the form
     * @param out    a new or empty folder
     */
    public ExportRequest(ExportFormat format, Path out) {
        this(format, out, ExportDtype.FLOAT32, DEFAULT_SHARD_BYTES);
    }

    /**
     * Reads an export's options.
     *
     * @param format       adapter, merged or onnx
     * @param out          a new or empty folder
     * @param dtype        float32, bfloat16 or float16; null for float32
     * @param maxShardSize such as 2GB; null for that
     * @return the request
     * @throws InvalidInputException when there is no such format or dtype, or an option that the format has no use for
     */
    public static ExportRequest of(String format, Path out, String dtype, String maxShardSize) {
        ExportFormat to = ExportFormat.of(format);
        if (to == ExportFormat.ADAPTER && dtype != null) {
            throw new InvalidInputException("--dtype: expected none with --format adapter, which is written as it is;"
                    + " found " + dtype + ". Leave it out, or use --format merged.");
        }
        if (to != ExportFormat.MERGED && maxShardSize != null) {
            throw new InvalidInputException("--max-shard-size: expected it with --format merged alone, found it with "
                    + format + ". Leave it out.");
        }
        return new ExportRequest(to, out, dtype == null ? ExportDtype.FLOAT32 : ExportDtype.of(dtype),
                maxShardSize == null ? DEFAULT_SHARD_BYTES : ShardSize.bytes(maxShardSize));
    }
}
