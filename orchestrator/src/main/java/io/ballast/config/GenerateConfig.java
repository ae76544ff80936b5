package io.ballast.config;

/**
 * Text that the model writes itself, as it is opened: general text for those who have none.
 *
 * @param documents   how many
 * @param tokens      most tokens in a document
 * @param temperature divides the logits
 * @param topP        nucleus: the likeliest tokens that together have at least this probability
 * @param batchSize   documents written at a time
 */
public record GenerateConfig(
        @Setting(value = "How many documents.", byDefault = "500", minimum = 1) int documents,
        @Setting(value = "Most tokens in a document.", byDefault = "128", minimum = 1) int tokens,
        @Setting(value = "Divides the logits: below 1 the text is more likely, above 1 more varied.", byDefault = "1",
                minimum = 0, exclusiveMinimum = true) double temperature,
        @Setting(value = "Nucleus: the likeliest tokens that together have at least this probability.",
                byDefault = "1", minimum = 0, exclusiveMinimum = true, maximum = 1) double topP,
        @Setting(value = "Documents written at a time.", byDefault = "32", minimum = 1) int batchSize) {

    /** @return a line for people */
    @Override
    public String toString() {
        return documents + " documents of at most " + tokens + " tokens that the model writes";
    }
}
