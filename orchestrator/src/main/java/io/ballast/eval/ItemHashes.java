package io.ballast.eval;

/**
 * By what an item is known to be the same one, lm-eval's hashes of it.
 *
 * @param doc    of the row
 * @param prompt of the first request's context
 * @param target of the right answer
 */
public record ItemHashes(String doc, String prompt, String target) {
    /**
     * @param doc    the row as lm-eval writes it
     * @param prompt the first request's context
     * @param target the right answer
     * @return SHA-256 of each
     */
    public static ItemHashes of(String doc, String prompt, String target) {
        return new ItemHashes(Hashes.of(doc), Hashes.of(prompt), Hashes.of(target));
    }

    /** @return the three in one, as lm-eval's {@code task_hashes} joins them */
    String joined() {
        return doc + prompt + target;
    }
}
