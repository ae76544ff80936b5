package io.ballast.train;

import java.nio.file.Path;

/** Where tokenized data is kept between runs: below {@code BALLAST_CACHE}, else below the user's cache folder. */
final class TokenCache {
    private TokenCache() {
    }

    static Path folder() {
        String own = System.getenv("BALLAST_CACHE");
        if (own != null) {
            return Path.of(own, "tokens");
        }
        String caches = System.getenv("XDG_CACHE_HOME");
        Path base = caches != null ? Path.of(caches) : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("ballast").resolve("tokens");
    }
}
