package io.ballast;

/**
 * What a model is.
 *
 * @param architecture    its class in transformers, such as LlamaForCausalLM
 * @param parameters      how many numbers it has; a tied head is there once
 * @param vocabularySize  token ids are below it
 * @param maxLength       tokens that it reads at once
 * @param device          where it computes: cpu, cuda:0
 * @param dtype           the arithmetic of its forward pass: float32, bfloat16
 */
public record ModelInfo(String architecture, long parameters, int vocabularySize, int maxLength, String device,
        String dtype) {
}
