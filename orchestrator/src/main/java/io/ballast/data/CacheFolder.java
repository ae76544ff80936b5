package io.ballast.data;

import java.nio.file.Path;

/** Where is kept what can be made again: below {@code BALLAST_CACHE}, else below the user's cache folder. */
public final class CacheFolder {
    private CacheFolder() {
    }

    /**
     * A folder for one kind of thing.
     *
     * @param kind such as "tokens"
     * @return its folder, which need not be there
     */
    public static Path of(String kind) {
        String own = System.getenv("BALLAST_CACHE");
        if (own != null) {
            return Path.of(own, kind);
        }
        String caches = System.getenv("XDG_CACHE_HOME");
        Path base = caches != null ? Path.of(caches) : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("ballast").resolve(kind);
    }
}
