package io.ballast.config;

/**
 * How importance is measured and handed on, whatever the method.
 *
 * @param samples documents on which Fisher information or sensitivity is measured, those of packed rows one by one;
 *                null: all of the general phase's steps
 * @param labels  whose tokens Fisher information is measured on
 * @param gradient whose gradient the path integral takes
 * @param permute whether importance is permuted inside each tensor before it is used
 * @param storage how the anchor keeps importance; the domain phase is held by what is read back from that
 * @param share   of sparse storage, how much of each matrix is kept one by one
 * @param carry   how importance is carried on from one domain to the next
 * @param decay   of the way decay, what importance is worth one domain later; else null
 * @param cache   absolute path of a folder in which anchors of general phases are kept, or null
 */
public record ImportanceConfig(
        @Setting(value = "Documents of general text on which Fisher information or sensitivity is measured; in packed rows"
                + " each counts. By default all of the general phase's steps.", minimum = 1) Integer samples,
        @Setting(value = "Fisher information from the text's own tokens (data), or from tokens drawn from the model's"
                + " distribution (sampled).", byDefault = "\"data\"") Labels labels,
        @Setting(value = "Gradient of the path integral: of the step's own batch (same), or of a batch that the step does"
                + " not see (independent): then Σω is without bias, for a second backward pass in each step.",
                byDefault = "\"same\"") Gradient gradient,
        @Setting(value = "A control: importance is permuted inside each tensor, its zeros kept in place. What a method"
                + " keeps beyond this is what the elements add.", byDefault = "false") boolean permute,
        @Setting(value = "How the anchor keeps importance, and so what the domain phase is held by: float32; bfloat16;"
                + " int8 = the cube root in 255 steps with a scale for each row; sparse = a share of the largest over"
                + " the means of rows and columns; factored = these means alone.", byDefault = "\"float32\"")
                Storage storage,
        @Setting(value = "Of sparse storage: the share of each matrix's elements that is kept one by one, the largest."
                + " Each takes 3 bytes.", minimum = 0, exclusiveMinimum = true, maximum = 1, byDefault = "0.1")
                double share,
        @Setting(value = "From one of several domains to the next, element by element. separate: a penalty for each, with"
                + " its own reference; the others are one penalty whose reference is the end of the last domain: sum;"
                + " mean; maximum; decay = what there was times importance.decay, plus the new (online EWC).",
                byDefault = "\"sum\"") Carry carry,
        @Setting(value = "Of the way decay: what importance is worth one domain later.", minimum = 0, maximum = 1)
                Double decay,
        @Setting(value = "Folder in which the anchors of general phases are kept. A run whose general phase was run"
                + " before, with the same model, data and settings, starts from its anchor.", path = true)
                String cache) {

    /**
     * These settings on other documents.
     *
     * @param other how many
     * @return a copy
     */
    public ImportanceConfig withSamples(int other) {
        return new ImportanceConfig(other, labels, gradient, permute, storage, share, carry, decay, cache);
    }

    /**
     * These settings with importance kept in another way.
     *
     * @param other the way
     * @return a copy
     */
    public ImportanceConfig withStorage(Storage other) {
        return new ImportanceConfig(samples, labels, gradient, permute, other, share, carry, decay, cache);
    }

    /** Whose gradient the path integral takes. */
    public enum Gradient {
        /** Of the batch that makes the step. */
        SAME,
        /** Of a batch that the step does not see. */
        INDEPENDENT
    }

    /** Whose tokens Fisher information is measured on. */
    public enum Labels {
        /** The text's own: the empirical Fisher information. */
        DATA,
        /** Drawn from the model's own distribution, whose mean is the Fisher information itself. */
        SAMPLED
    }

    /** How importance is carried on from one domain to the next. */
    public enum Carry {
        /** A penalty for each, with its own reference. */
        SEPARATE,
        /** Added up. */
        SUM,
        /** The sum by how many there are. */
        MEAN,
        /** What there was counts less, and the new is added. */
        DECAY,
        /** The larger of the two. */
        MAXIMUM
    }

    /** How an anchor keeps importance. */
    public enum Storage {
        /** As measured: 4 bytes an element. */
        FLOAT32,
        /** Rounded to 8 significant bits: 2 bytes. */
        BFLOAT16,
        /** The cube root in 255 steps, with a scale for each row: 1 byte. */
        INT8,
        /** The largest elements one by one, over the factored form of the others. */
        SPARSE,
        /** Means of rows and columns. */
        FACTORED
    }
}
