package io.ballast.config;

/**
 * How the domain phase is held back.
 *
 * @param method            name of a method of {@code ballast.methods}
 * @param lambda            strength; null becomes the default of the form
 * @param form              how the penalty acts
 * @param layerCoefficients how α is made from the layers' norms
 * @param layers            what a layer is
 * @param normalize         whether αΩ is rescaled to mean 1
 * @param reference         where θ* stands
 * @param xi                damping of Ω = max(ω, 0) / (Δ² + ξ)
 * @param samples           documents on which Fisher information or sensitivity is measured; null: as many as the general phase saw
 * @param labels            whose tokens Fisher information is measured on
 * @param anchor            absolute path of an anchor folder that serves instead of a general phase, or null
 */
public record RetentionConfig(
        @Setting(value = "Method against forgetting.", byDefault = "\"none\"",
                choices = {"none", "l2", "hierarchical", "ewc", "mas"}) String method,
        @Setting(value = "Strength of the penalty. By default " + PROXIMAL_LAMBDA + " in proximal form and "
                + GRADIENT_LAMBDA + " in gradient form.", minimum = 0) Double lambda,
        @Setting(value = "proximal: a closed-form step after the optimizer's; gradient: the penalty's gradient joins"
                + " the loss's.", byDefault = "\"proximal\"") Form form,
        @Setting(value = "Layer coefficients: paper = softmax of the norms; scaled = mean-1 softmax of norms over"
                + " their mean; uniform = 1 (Synaptic Intelligence).", byDefault = "\"scaled\"")
                LayerCoefficients layerCoefficients,
        @Setting(value = "What a layer is: a transformer block, or each parameter tensor.", byDefault = "\"block\"")
                Layers layers,
        @Setting(value = "mean: importance times layer coefficient is rescaled to mean 1; none: as the paper has it.",
                byDefault = "\"mean\"") Normalize normalize,
        @Setting(value = "Where the penalty pulls to: the end of the general phase, or its start (then the general"
                + " phase only measures).", byDefault = "\"end\"") Reference reference,
        @Setting(value = "Damping of importance: an absolute number, or {\"relative\": r} for r times the median"
                + " squared move of the parameters that moved.", byDefault = "{\"relative\": 1}") Xi xi,
        @Setting(value = "Documents of general text on which Fisher information or sensitivity is measured. By default"
                + " as many as the general phase saw.", minimum = 1) Integer samples,
        @Setting(value = "Fisher information from the text's own tokens (data), or from tokens drawn from the model's"
                + " distribution (sampled).", byDefault = "\"data\"") Labels labels,
        @Setting(value = "An anchor folder made earlier, in place of a general phase.", path = true) String anchor) {

    private static final double PROXIMAL_LAMBDA = 30;
    private static final double GRADIENT_LAMBDA = 0.01;

    /**
     * Strength of the penalty.
     *
     * @return what was set, or else the default of the form
     */
    @Override
    public Double lambda() {
        if (lambda != null) {
            return lambda;
        }
        return form == Form.GRADIENT ? GRADIENT_LAMBDA : PROXIMAL_LAMBDA;
    }

    /** How the penalty acts. */
    public enum Form {
        /** A closed-form step after the optimizer's: stable for any strength. */
        PROXIMAL,
        /** The penalty's gradient joins the loss's. */
        GRADIENT
    }

    /** How α is made from the layers' norms. */
    public enum LayerCoefficients {
        /** Softmax of the norms, arXiv 2501.13669. */
        PAPER,
        /** Softmax of norms over their mean, times the number of layers: mean 1. */
        SCALED,
        /** 1: Synaptic Intelligence, arXiv 1703.04200. */
        UNIFORM
    }

    /** What a layer is. */
    public enum Layers {
        /** A transformer block; embedding and head are layers too. */
        BLOCK,
        /** Each parameter tensor. */
        PARAMETER
    }

    /** Whether αΩ is rescaled to mean 1 over the covered parameters. */
    public enum Normalize {
        /** To mean 1. */
        MEAN,
        /** As measured: the paper's form. */
        NONE
    }

    /** Where θ* stands. */
    public enum Reference {
        /** The end of the general phase. */
        END,
        /** Its start: the general phase only measures. */
        START
    }

    /** Whose tokens Fisher information is measured on. */
    public enum Labels {
        /** The text's own: the empirical Fisher information. */
        DATA,
        /** Drawn from the model's own distribution, whose mean is the Fisher information itself. */
        SAMPLED
    }

    /**
     * Damping ξ. In a file a number is absolute; {@code {"relative": r}} is r times the median of Δ².
     *
     * @param value    a positive number
     * @param relative whether {@code value} multiplies the median squared move
     */
    public record Xi(double value, boolean relative) {
    }
}
