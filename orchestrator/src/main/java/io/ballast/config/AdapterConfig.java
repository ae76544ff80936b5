package io.ballast.config;

import java.util.List;

/**
 * A PEFT adapter. Settings that a kind does not have are null, and refused where they are given.
 *
 * @param kind      the kind of adapter
 * @param rank      r of B·A; null becomes the default
 * @param alpha     numerator of the scale; null becomes the default
 * @param dropout   on the adapter's input while training, 0 to 1; null becomes the default
 * @param targets   names of the modules that get the adapter, or null for PEFT's choice for the architecture
 * @param preserved share of singular directions that OSF freezes; null becomes the default
 * @param samples   documents whose activations CorDA starts from; null becomes the default
 * @param bits      of qlora, in which the base's linear layers are held: 4 or 8; null becomes the default
 * @param carry     what becomes of it after each of several domains; null where there is one
 */
public record AdapterConfig(
        @Setting(value = "lora (arXiv 2106.09685); rslora: scaled by alpha / √rank (2312.03732); dora: the length of every"
                + " row is trained too (2402.09353); qlora: lora on a base in 4 or 8 bits, with bitsandbytes"
                + " (2305.14314); corda: starts from the part of each weight that general text uses least (2406.05223);"
                + " osf: the largest singular directions of each weight are frozen (2504.07097).",
                byDefault = "\"lora\"") Kind kind,
        @Setting(value = "Rank r of the update B·A. By default 8; osf has none.", minimum = 1) Integer rank,
        @Setting(value = "The update is scaled by alpha / rank. By default 16; osf has none.", minimum = 0,
                exclusiveMinimum = true) Double alpha,
        @Setting(value = "Dropout on the adapter's input while training. By default 0; osf has none.", minimum = 0,
                maximum = 1) Double dropout,
        @Setting(value = "Module names that get the adapter, such as q_proj; or all-linear, or mlp-only for those of"
                + " the feed-forward parts. Without them PEFT's choice for the architecture.", minimum = 1)
                List<String> targets,
        @Setting(value = "Of osf: the share of each weight's singular directions that is frozen. By default 0.5.",
                minimum = 0, exclusiveMinimum = true, maximum = 1) Double preserved,
        @Setting(value = "Of corda: documents of general text whose activations it starts from. By default 256.",
                minimum = 1) Integer samples,
        @Setting(value = "Of qlora: bits in which the base's linear layers are held, 4 (NF4) or 8 (LLM.int8). By default"
                + " 4.", minimum = 4, maximum = 8) Integer bits,
        @Setting("After each of several domains. continue: the adapter goes on; stack: it is kept and a new one is trained"
                + " on top of it, and what is saved is one adapter with all of them; merge: it is folded into the weights,"
                + " and what is saved is a whole checkpoint. By default continue; stack for olora, merge for the variant"
                + " online of ewc-lora.") Carry carry) {

    private static final int RANK = 8;
    private static final double ALPHA = 16;
    private static final double DROPOUT = 0;
    /** PEFT's own default. */
    private static final double PRESERVED = 0.5;
    /** NF4. */
    private static final int BITS = 4;
    /** PEFT's documentation of CorDA found this enough for rows of 2,048 tokens and 4,096 features. */
    private static final int SAMPLES = 256;

    /**
     * LoRA as it comes without further settings.
     *
     * @return the adapter
     */
    public static AdapterConfig lora() {
        return new AdapterConfig(Kind.LORA, null, null, null, null, null, null, null, null);
    }

    /**
     * Rank of the update.
     *
     * @return what was set, or else the kind's default, which may be none
     */
    @Override
    public Integer rank() {
        return rank != null || kind == Kind.OSF ? rank : Integer.valueOf(RANK);
    }

    /**
     * Numerator of the update's scale.
     *
     * @return what was set, or else the kind's default, which may be none
     */
    @Override
    public Double alpha() {
        return alpha != null || kind == Kind.OSF ? alpha : Double.valueOf(ALPHA);
    }

    /**
     * Dropout on the adapter's input.
     *
     * @return what was set, or else the kind's default, which may be none
     */
    @Override
    public Double dropout() {
        return dropout != null || kind == Kind.OSF ? dropout : Double.valueOf(DROPOUT);
    }

    /**
     * Share of singular directions that is frozen.
     *
     * @return what was set, or else the kind's default, which may be none
     */
    @Override
    public Double preserved() {
        return preserved != null || kind != Kind.OSF ? preserved : Double.valueOf(PRESERVED);
    }

    /**
     * Documents whose activations decide where the adapter starts.
     *
     * @return what was set, or else the kind's default, which may be none
     */
    @Override
    public Integer samples() {
        return samples != null || kind != Kind.CORDA ? samples : Integer.valueOf(SAMPLES);
    }

    /**
     * Bits in which the base's linear layers are held.
     *
     * @return what was set, or else the kind's default, which may be none
     */
    @Override
    public Integer bits() {
        return bits != null || kind != Kind.QLORA ? bits : Integer.valueOf(BITS);
    }

    /**
     * Whether its size hangs on the model's shapes alone, not on what the weights are or how they are held.
     *
     * @return true where what it takes can be foreseen before a weight is loaded
     */
    public boolean hasKnownSize() {
        return kind == Kind.LORA || kind == Kind.RSLORA || kind == Kind.DORA;
    }

    /**
     * This adapter, carried on in a way.
     *
     * @param way what becomes of it after each domain
     * @return a copy
     */
    AdapterConfig withCarry(Carry way) {
        return new AdapterConfig(kind, rank, alpha, dropout, targets, preserved, samples, bits, way);
    }

    /** What becomes of an adapter after each of several domains. */
    public enum Carry {
        /** It goes on. */
        CONTINUE,
        /** It is kept, and a new one is trained on top of it. */
        STACK,
        /** It is folded into the base's weights. */
        MERGE
    }

    /** Kinds of adapters, all through PEFT. */
    public enum Kind {
        /** Low-rank adaptation, arXiv 2106.09685. */
        LORA,
        /** Rank-stabilised: scaled by alpha over the root of the rank, arXiv 2312.03732. */
        RSLORA,
        /** Weight-decomposed: direction by LoRA, length of each row by itself, arXiv 2402.09353. */
        DORA,
        /** LoRA on a base whose linear layers are held in 4 or 8 bits, arXiv 2305.14314. */
        QLORA,
        /** Context-oriented decomposition in knowledge-preserved mode, arXiv 2406.05223. */
        CORDA,
        /** Orthogonal subspace fine-tuning, arXiv 2504.07097. */
        OSF
    }
}
