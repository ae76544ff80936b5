/** A trained model in the forms that other programs read: a PEFT adapter, a whole checkpoint, an ONNX graph. */
package io.ballast.export;
