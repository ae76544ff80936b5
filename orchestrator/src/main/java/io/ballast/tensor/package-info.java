/** Tensors in files: safetensors. */
package io.ballast.tensor;
