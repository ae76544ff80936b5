package io.ballast.config;

import java.util.List;

/**
 * A PEFT adapter.
 *
 * @param kind    the kind of adapter
 * @param rank    r of B·A
 * @param alpha   numerator of the scale alpha / rank
 * @param dropout on the adapter's input while training, 0 to 1
 * @param targets names of the modules that get the adapter, or null for PEFT's choice for the architecture
 */
public record AdapterConfig(
        @Setting(value = "Kind of adapter.", byDefault = "\"lora\"") Kind kind,
        @Setting(value = "Rank r of the update B·A.", byDefault = "8", minimum = 1) int rank,
        @Setting(value = "The update is scaled by alpha / rank.", byDefault = "16", minimum = 0,
                exclusiveMinimum = true) double alpha,
        @Setting(value = "Dropout on the adapter's input while training.", byDefault = "0", minimum = 0, maximum = 1)
                double dropout,
        @Setting(value = "Module names that get the adapter, such as q_proj; without them PEFT's choice for the"
                + " architecture.", minimum = 1) List<String> targets) {

    /** Kinds of adapters. */
    public enum Kind {
        /** Low-rank adaptation, arXiv 2106.09685, through PEFT. */
        LORA
    }
}
