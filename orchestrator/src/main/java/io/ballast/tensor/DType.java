package io.ballast.tensor;

import io.ballast.InvalidInputException;
import java.util.Arrays;

/** What a tensor's numbers are. */
public enum DType {
    /** 32-bit floating point. */
    FLOAT32("float32", 4),
    /** The upper half of a 32-bit floating-point number. */
    BFLOAT16("bfloat16", 2),
    /** 16-bit floating point, IEEE 754. */
    FLOAT16("float16", 2),
    /** 64-bit floating point. */
    FLOAT64("float64", 8),
    /** 64-bit whole number. */
    INT64("int64", 8),
    /** 32-bit whole number. */
    INT32("int32", 4),
    /** 8-bit whole number. */
    INT8("int8", 1),
    /** 8-bit whole number without sign. */
    UINT8("uint8", 1);

    private final String name;
    private final int bytes;

    DType(String name, int bytes) {
        this.name = name;
        this.bytes = bytes;
    }

    /** @return how PyTorch spells it, such as float32 */
    public String torchName() {
        return name;
    }

    /** @return of one number */
    public int bytes() {
        return bytes;
    }

    /**
     * Finds a dtype.
     *
     * @param name as PyTorch spells it
     * @return it
     * @throws InvalidInputException when Java has no view of such numbers
     */
    public static DType of(String name) {
        return Arrays.stream(values()).filter(type -> type.name.equals(name)).findFirst()
                .orElseThrow(() -> new InvalidInputException("Expected a tensor of " + Arrays.stream(values())
                        .map(DType::torchName).toList() + "; found " + name + ". Convert it in Python first."));
    }
}
