/** Tensors: in memory that Python lends, and in safetensors files. */
package io.ballast.tensor;
