package io.ballast;

import io.ballast.eval.PromptBatch;
import io.ballast.eval.TextRows;
import io.ballast.python.Bridge;
import io.ballast.python.CompletionCalls;
import io.ballast.train.OpenedModel;
import java.nio.LongBuffer;
import java.util.List;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;

/** Completions of an opened model, written a few tokens at a time so that others have their turn. */
final class Completions {
    /** Beginning a turn costs as much as a token or two of a small model. */
    private static final int TOKENS_A_TURN = 16;
    /** A reader sees words come. */
    private static final int TOKENS_A_PIECE = 4;

    private final Bridge bridge;
    private final OpenedModel opened;

    Completions(Bridge bridge, OpenedModel opened) {
        this.bridge = bridge;
        this.opened = opened;
    }

    /**
     * @param pieces is told what is written as it comes; null for nobody
     * @param check  throws where the request must end
     * @return a text for each prompt
     */
    List<String> write(List<String> prompts, Generation how, ObjIntConsumer<String> pieces, Runnable check) {
        if (prompts.isEmpty()) {
            return List.of();
        }
        CompletionCalls calls = bridge.completions();
        long completion = begin(rows(prompts, how), how);
        try {
            boolean done = false;
            while (!done) {
                check.run();
                done = calls.advance(completion, pieces == null ? TOKENS_A_TURN : TOKENS_A_PIECE);
                if (pieces != null) {
                    tell(calls.pieces(completion), pieces);
                }
            }
            return calls.written(completion);
        } finally {
            calls.end(completion);
        }
    }

    private static void tell(List<String> written, ObjIntConsumer<String> pieces) {
        for (int row = 0; row < written.size(); row++) {
            if (!written.get(row).isEmpty()) {
                pieces.accept(written.get(row), row);
            }
        }
    }

    private List<int[]> rows(List<String> prompts, Generation how) {
        TextRows rows = new TextRows(opened.tokenizer(), opened.info().maxLength());
        return IntStream.range(0, prompts.size())
                .mapToObj(i -> rows.prompt(prompts.get(i), how.maxTokens(), "prompt " + i)).toList();
    }

    private long begin(List<int[]> rows, Generation how) {
        int length = rows.stream().mapToInt(row -> row.length).max().orElseThrow();
        LongBuffer buffer = PromptBatch.allocate(rows.size(), length);
        PromptBatch.fill(buffer, rows, length);
        return bridge.completions().begin(opened.handle(), opened.tokenizer().folder(), buffer, rows.size(), length,
                how.stop(), how.maxTokens(), how.decoding(), how.seed());
    }
}
