package io.ballast.python;

/** Hears how far a download is, on the thread that runs Python: it must be quick, and may not call the bridge. */
@FunctionalInterface
public interface DownloadProgress {
    /**
     * Hears of bytes.
     *
     * @param done  bytes that came so far
     * @param total bytes of all files that were begun so far; grows while files are begun
     */
    void update(long done, long total);
}
