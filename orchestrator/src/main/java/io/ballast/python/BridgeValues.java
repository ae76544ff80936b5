package io.ballast.python;

import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import jep.DirectNDArray;

/** Values on their way: small ones as Jep returns them, with their types checked, and direct buffers as Jep takes them. */
final class BridgeValues {
    private BridgeValues() {
    }

    static List<Object> list(Object value) {
        return List.copyOf((List<?>) value);
    }

    static Map<String, Object> map(Object value) {
        Map<String, Object> checked = new LinkedHashMap<>();
        ((Map<?, ?>) value).forEach((key, entry) -> checked.put((String) key, entry));
        return checked;
    }

    static <T> T withBuffer(Buffer buffer, Supplier<T> work) {
        ByteOrder order = buffer instanceof LongBuffer longs ? longs.order() : ((FloatBuffer) buffer).order();
        if (!buffer.isDirect() || order != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException("Expected a direct buffer in native byte order ("
                    + ByteOrder.nativeOrder() + "); found a " + (buffer.isDirect() ? "direct" : "heap") + " buffer in "
                    + order + ". Make it with ByteBuffer.allocateDirect(n).order(ByteOrder.nativeOrder()).");
        }
        try {
            return work.get();
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    static DirectNDArray<LongBuffer> array(LongBuffer buffer, int capacity) {
        return new DirectNDArray<>(buffer, capacity);
    }

    static long handle(Object value) {
        return number(value).longValue();
    }

    static Number number(Object value) {
        return (Number) value;
    }

    static List<String> texts(Object value) {
        return list(value).stream().map(String.class::cast).toList();
    }
}
