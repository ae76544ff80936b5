package io.ballast.python;

import static io.ballast.python.BridgeValues.array;
import static io.ballast.python.BridgeValues.list;
import static io.ballast.python.BridgeValues.number;
import static io.ballast.python.BridgeValues.texts;
import static io.ballast.python.BridgeValues.withBuffer;

import io.ballast.tensor.Tensor;
import java.nio.LongBuffer;
import java.util.List;
import java.util.Map;

/**
 * The functions of {@code ballast.bridge} that lend tensors: memory that Python allocated and Java reads where it lies.
 * Python keeps it until the last buffer over it was collected, also when the bridge was closed meanwhile.
 */
public final class TensorCalls {
    private final Bridge bridge;

    TensorCalls(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * Names of a model's parameters.
     *
     * @param model its handle
     * @return as PyTorch has them, in its order; a tied head is there once
     */
    public List<String> parameterNames(long model) {
        return texts(bridge.invoke("parameter_names", model));
    }

    /**
     * A parameter: the model's own memory on a CPU, a copy from a GPU.
     *
     * @param model its handle
     * @param name  of the parameter
     * @return its tensor, in its own shape and the dtype it has in memory
     * @throws io.ballast.InvalidInputException when there is none of this name, with the nearest
     */
    public Tensor parameter(long model, String name) {
        return tensor(name, bridge.invoke("lend_parameter", model, name));
    }

    /**
     * What a model says about token rows.
     *
     * @param model  its handle
     * @param ids    [rows, length] token ids, borrowed for the call
     * @param rows   how many rows
     * @param length tokens in each
     * @return [rows, length, vocabulary] float32
     * @throws io.ballast.InvalidInputException   when an id is not the model's
     * @throws io.ballast.TrainingFailedException when the model answers NaN
     */
    public Tensor logits(long model, LongBuffer ids, int rows, int length) {
        return withBuffer(ids, () -> tensor("logits", bridge.invoke("lend_logits", model, array(ids, ids.capacity()),
                rows, length)));
    }

    /**
     * What a model's layers hand on.
     *
     * @param model  its handle
     * @param ids    [rows, length] token ids, borrowed for the call
     * @param rows   how many rows
     * @param length tokens in each
     * @return the embedding's, then each block's: [rows, length, hidden size] float32
     */
    public List<Tensor> hiddenStates(long model, LongBuffer ids, int rows, int length) {
        List<Object> states = withBuffer(ids, () -> list(bridge.invoke("lend_hidden_states", model,
                array(ids, ids.capacity()), rows, length)));
        return states.stream().map(state -> tensor("hidden states", state)).toList();
    }

    /**
     * A tensor of an anchor.
     *
     * @param anchor its handle
     * @param kind   importance or reference
     * @param name   of the parameter
     * @return float32, of the parameter's shape; unpacked where it is stored in fewer bits
     * @throws io.ballast.InvalidInputException when there is none
     */
    public Tensor ofAnchor(long anchor, String kind, String name) {
        return tensor(kind + "." + name, bridge.invoke("lend_of_anchor", anchor, kind, name));
    }

    private Tensor tensor(String name, Object lent) {
        Map<String, Object> facts = BridgeValues.map(lent);
        long number = number(facts.get("number")).longValue();
        long[] shape = list(facts.get("shape")).stream().mapToLong(size -> number(size).longValue()).toArray();
        return Tensor.lent(name, (String) facts.get("dtype"), shape, number(facts.get("address")).longValue(),
                number(facts.get("bytes")).longValue(), bridge.returning(number));
    }
}
