package io.ballast.eval;

import com.google.gson.annotations.SerializedName;

/** Which of the two axes a score stands on. */
public enum Role {
    /** What must be kept. */
    @SerializedName("general") GENERAL("general"),
    /** What is to be learned. */
    @SerializedName("domain") DOMAIN("domain");

    private final String key;

    Role(String key) {
        this.key = key;
    }

    /** @return the role as {@code result.json} writes it */
    public String key() {
        return key;
    }
}
