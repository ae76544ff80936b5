package io.ballast.djl;

import ai.djl.util.Progress;
import io.ballast.python.DownloadProgress;

/** Shows a download by DJL's means. */
final class ShownDownload implements DownloadProgress, AutoCloseable {
    private final Progress progress;
    private long shownTotal;

    /** @param progress DJL's, or null where nobody looks */
    ShownDownload(Progress progress) {
        this.progress = progress;
    }

    /** DJL wants the total first; the hub's is known file by file. */
    @Override
    public void update(long done, long total) {
        if (progress == null || total == 0) {
            return;
        }
        if (total != shownTotal) {
            progress.reset("Downloading", total);
            shownTotal = total;
        }
        progress.update(done);
    }

    @Override
    public void close() {
        if (progress != null) {
            progress.end();
        }
    }
}
