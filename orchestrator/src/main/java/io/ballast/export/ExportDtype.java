package io.ballast.export;

import io.ballast.InvalidInputException;
import io.ballast.config.NearestName;
import io.ballast.config.Words;

import java.util.Arrays;
import java.util.List;

/** What numbers the weights are written as. */
public enum ExportDtype {
    /** As they were trained. */
    FLOAT32(4),
    /** Half the size, with float32's range and 8 significant bits. */
    BFLOAT16(2),
    /** Half the size, with 11 significant bits, up to 65,504. */
    FLOAT16(2);

    private final int bytes;

    ExportDtype(int bytes) {
        this.bytes = bytes;
    }

    /**
     * Reads a dtype's name.
     *
     * @param name float32, bfloat16 or float16
     * @return the dtype
     * @throws InvalidInputException when there is none of the name
     */
    public static ExportDtype of(String name) {
        List<String> names = Arrays.stream(values()).map(Words::of).toList();
        if (!names.contains(name)) {
            throw new InvalidInputException("--dtype: expected a dtype, found '" + name + "'. "
                    + NearestName.advice(name, names));
        }
        return values()[names.indexOf(name)];
    }

    /** @return bytes of one number */
    int bytes() {
        return bytes;
    }
}
