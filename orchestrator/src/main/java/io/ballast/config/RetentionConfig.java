package io.ballast.config;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * How the domain phase is held back.
 *
 * @param method            name of a method of {@code ballast.methods}, or {@code package.module:ClassName}
 * @param options           the method's own settings
 * @param lambda            strength; null becomes the default of the form
 * @param form              how the penalty acts; null becomes the method's default
 * @param space             what is held of a LoRA adapter
 * @param layerCoefficients how α is made from the layers' norms
 * @param layers            what a layer is
 * @param normalize         whether αΩ is rescaled to mean 1
 * @param reference         where θ* stands
 * @param xi                damping of Ω = max(ω, 0) / (Δ² + ξ)
 * @param anchor            absolute path of an anchor folder that serves instead of a general phase, or null
 */
public record RetentionConfig(
        @Setting(value = "Method against forgetting: a name that 'ballast methods' lists, or package.module:ClassName"
                + " for a method of one's own in Python.", byDefault = "\"none\"",
                choices = {"none", "l2", "hierarchical", "ewc", "mas", "rwalk", "kl", "asft", "olora", "ewc-lora"},
                pattern = PluginName.PATTERN) String method,
        @Setting(value = "The method's own settings, as 'ballast methods' lists them. The folders in 'former' are relative"
                + " as all paths are.", byDefault = "{}", paths = "former") Map<String, Object> options,
        @Setting(value = "Strength of the penalty. By default " + PROXIMAL_LAMBDA + " in proximal form, "
                + GRADIENT_LAMBDA + " in gradient form and " + OBJECTIVE_LAMBDA + " in the objective.", minimum = 0)
                Double lambda,
        @Setting("proximal: a closed-form step after the optimizer's; gradient: the penalty's gradient joins the"
                + " loss's; objective: what is held is a term of the loss. By default the first that the method has, and"
                + " gradient in the space effective.")
                Form form,
        @Setting(value = "What is measured and held of a LoRA adapter: factors = its A and B; effective = what they do"
                + " to each matrix, s B A. Without an adapter factors are the model's parameters. ewc-lora is always"
                + " effective.", byDefault = "\"factors\"") Space space,
        @Setting(value = "Layer coefficients: paper = softmax of the norms; scaled = mean-1 softmax of norms over"
                + " their mean; scaled-rms = the same of norm per square root of size; uniform = 1 (Synaptic"
                + " Intelligence).", byDefault = "\"scaled\"")
                LayerCoefficients layerCoefficients,
        @Setting(value = "What a layer is: a transformer block, or each parameter tensor.", byDefault = "\"block\"")
                Layers layers,
        @Setting(value = "mean: importance times layer coefficient is rescaled to mean 1; none: as the paper has it.",
                byDefault = "\"mean\"") Normalize normalize,
        @Setting(value = "Where the penalty pulls to: the end of the general phase, or its start (then the general"
                + " phase only measures).", byDefault = "\"end\"") Reference reference,
        @Setting(value = "Damping of the path integral's importance (hierarchical): an absolute number, or"
                + " {\"relative\": r} for r times the median squared move of the parameters that moved. rwalk has the"
                + " median of each of its intervals, whatever is set here; other methods divide by nothing.",
                byDefault = "{\"relative\": 1}") Xi xi,
        @Setting(value = "An anchor folder made earlier, in place of a general phase.", path = true) String anchor) {

    private static final double PROXIMAL_LAMBDA = 30;
    private static final double GRADIENT_LAMBDA = 0.01;
    private static final double OBJECTIVE_LAMBDA = 0.1;
    private static final String NONE = "none";
    private static final String OLORA = "olora";
    /** Of the authors' code: what is held is no distance from a start. */
    private static final double OLORA_LAMBDA = 0.5;
    private static final Set<String> IN_THE_OBJECTIVE = Set.of("kl", "asft");
    private static final Set<String> IN_THE_GRADIENT = Set.of(OLORA);
    private static final Set<String> IN_EFFECTIVE_SPACE = Set.of("ewc-lora");
    private static final Set<String> IN_EITHER_SPACE = Set.of(NONE, "l2", "hierarchical");

    /**
     * Strength of the penalty.
     *
     * @return what was set, or else the default of the form; null where a method of one's own has to say
     */
    @Override
    public Double lambda() {
        if (lambda != null || isOnesOwn()) {
            return lambda;
        }
        if (method.equals(OLORA)) {
            return OLORA_LAMBDA;
        }
        return switch (form()) {
            case PROXIMAL -> PROXIMAL_LAMBDA;
            case GRADIENT -> GRADIENT_LAMBDA;
            case OBJECTIVE -> OBJECTIVE_LAMBDA;
        };
    }

    /**
     * How the penalty acts.
     *
     * @return what was set, or else the method's default in its space; null where a method of one's own has to say
     */
    @Override
    public Form form() {
        if (form != null || isOnesOwn()) {
            return form;
        }
        if (IN_THE_OBJECTIVE.contains(method)) {
            return Form.OBJECTIVE;
        }
        return space() == Space.EFFECTIVE || IN_THE_GRADIENT.contains(method) ? Form.GRADIENT : Form.PROXIMAL;
    }

    /**
     * What is held of a LoRA adapter.
     *
     * @return what was set, or the one that the method has
     */
    @Override
    public Space space() {
        return IN_EFFECTIVE_SPACE.contains(method) ? Space.EFFECTIVE : space;
    }

    /** The forms that the method has; of a method of one's own only Python knows. */
    Set<Form> forms() {
        if (isOnesOwn() || method.equals(NONE)) {
            return EnumSet.allOf(Form.class);
        }
        if (IN_THE_OBJECTIVE.contains(method)) {
            return EnumSet.of(Form.OBJECTIVE);
        }
        return IN_THE_GRADIENT.contains(method) ? EnumSet.of(Form.GRADIENT)
                : EnumSet.of(Form.PROXIMAL, Form.GRADIENT);
    }

    /** The spaces that the method has; of a method of one's own only Python knows. */
    Set<Space> spaces() {
        if (isOnesOwn() || IN_EITHER_SPACE.contains(method)) {
            return EnumSet.allOf(Space.class);
        }
        return EnumSet.of(IN_EFFECTIVE_SPACE.contains(method) ? Space.EFFECTIVE : Space.FACTORS);
    }

    private boolean isOnesOwn() {
        return method.contains(":");
    }

    /** How the penalty acts. */
    public enum Form {
        /** A closed-form step after the optimizer's: stable for any strength. */
        PROXIMAL,
        /** The penalty's gradient joins the loss's. */
        GRADIENT,
        /** What is held is a term of the loss. */
        OBJECTIVE
    }

    /** What is held of a LoRA adapter. */
    public enum Space {
        /** Its A and B; without an adapter the model's parameters. */
        FACTORS,
        /** What they do to each matrix, s B A. */
        EFFECTIVE
    }

    /** How α is made from the layers' norms. */
    public enum LayerCoefficients {
        /** Softmax of the norms, arXiv 2501.13669. */
        PAPER,
        /** Softmax of norms over their mean, times the number of layers: mean 1. */
        SCALED,
        /** As {@code SCALED}, of norm over the square root of the layer's size. */
        SCALED_RMS,
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

    /**
     * Damping ξ. In a file a number is absolute; {@code {"relative": r}} is r times the median of Δ².
     *
     * @param value    a positive number
     * @param relative whether {@code value} multiplies the median squared move
     */
    public record Xi(double value, boolean relative) {
    }
}
