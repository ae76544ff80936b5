/**
 * From data files to batches: rows are read through DuckDB ({@link io.ballast.data.RowReader}), become text by
 * {@link io.ballast.data.Template}s, token ids by the model's {@link io.ballast.data.Tokenizer}, are kept in a
 * memory-mapped {@link io.ballast.data.TokenStore}, and leave as {@link io.ballast.data.Batch}es in direct
 * buffers laid out as {@link io.ballast.data.BatchSlot} says.
 *
 * <p>Threads: a row reader, a batch plan and the preparation of data belong to one thread at a time. Templates,
 * tokenizers, encoders, stores and batches may be used by many. A {@link io.ballast.data.BatchRing} has threads
 * of its own; its {@code take} and {@code release} are for one consumer.
 */
package io.ballast.data;
