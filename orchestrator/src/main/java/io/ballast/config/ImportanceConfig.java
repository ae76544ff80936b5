package io.ballast.config;

/**
 * How importance is measured and handed on, whatever the method.
 *
 * @param samples documents on which Fisher information or sensitivity is measured; null: as many as the general
 *                phase saw
 * @param labels  whose tokens Fisher information is measured on
 * @param permute whether importance is permuted inside each tensor before it is used
 * @param cache   absolute path of a folder in which anchors of general phases are kept, or null
 */
public record ImportanceConfig(
        @Setting(value = "Documents of general text on which Fisher information or sensitivity is measured. By default"
                + " as many as the general phase saw.", minimum = 1) Integer samples,
        @Setting(value = "Fisher information from the text's own tokens (data), or from tokens drawn from the model's"
                + " distribution (sampled).", byDefault = "\"data\"") Labels labels,
        @Setting(value = "A control: importance is permuted inside each tensor, its zeros kept in place. What a method"
                + " keeps beyond this is what the elements add.", byDefault = "false") boolean permute,
        @Setting(value = "Folder in which the anchors of general phases are kept. A run whose general phase was run"
                + " before, with the same model, data and settings, starts from its anchor.", path = true)
                String cache) {

    /** Whose tokens Fisher information is measured on. */
    public enum Labels {
        /** The text's own: the empirical Fisher information. */
        DATA,
        /** Drawn from the model's own distribution, whose mean is the Fisher information itself. */
        SAMPLED
    }
}
