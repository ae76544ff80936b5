package io.ballast.config;

/**
 * The model that is trained.
 *
 * @param path                  absolute path of a Hugging Face model folder, or {@code hf://org/name@revision}
 * @param dtype                 the arithmetic of the forward and backward pass; parameters stay fp32
 * @param device                {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param gradientCheckpointing recompute activations in the backward pass
 * @param compile               train with blocks that {@code torch.compile} has compiled
 * @param offload               on several ranks with GPUs: keep parameters, gradients and moments in the machine's memory
 *                              while they are not used
 */
public record ModelConfig(
        @Setting(value = "A Hugging Face model folder, or hf://org/name@revision.", required = true, path = true)
                String path,
        @Setting(value = "Arithmetic of forward and backward; parameters stay fp32 (bfloat16 is autocast).",
                byDefault = "\"float32\"") Dtype dtype,
        @Setting(value = "auto, cpu, cuda or cuda:N. auto takes a GPU where there is one.", byDefault = "\"auto\"",
                pattern = "auto|cpu|cuda(:[0-9]+)?") String device,
        @Setting(value = "Recompute activations in the backward pass: less memory, about a third more time.",
                byDefault = "false") boolean gradientCheckpointing,
        @Setting(value = "Train with transformer blocks compiled by torch.compile, which takes a minute or more at the first"
                + " step. Sums are then made in another order.", byDefault = "false") boolean compile,
        @Setting(value = "On several ranks with GPUs: keep parameters, gradients and moments in the machine's memory while"
                + " they are not used. Much less memory on the GPU, and slower.", byDefault = "false") boolean offload) {

    /** Arithmetic of the forward and backward pass. */
    public enum Dtype {
        /** fp32 throughout. */
        FLOAT32,
        /** bf16 autocast on fp32 parameters. */
        BFLOAT16
    }
}
