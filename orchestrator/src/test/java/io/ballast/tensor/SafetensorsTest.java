package io.ballast.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

class SafetensorsTest {
    @TempDir
    Path folder;

    private Path file(long headerLength, String header, int dataBytes) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(headerLength < 0 ? json.length : headerLength).put(json);
        return Files.write(folder.resolve("model.safetensors"), bytes.array());
    }

    @Test
    void headerSaysWhereTensorsLie() throws IOException {
        String header = "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2,3],"
                + "\"data_offsets\":[0,24]},\"a\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[24,26]}}";
        Safetensors read = Safetensors.read(file(-1, header, 26));
        assertEquals("[a, b]", read.tensors().keySet().toString());
        assertArrayEquals(new long[] {2, 3}, read.tensors().get("b").shape());
        assertEquals(6, read.tensors().get("b").elements());
        assertEquals(8 + header.length() + 24, read.tensors().get("a").offset());
    }

    @Test
    void headerThatPromisesMoreThanTheFileHoldsAllocatesNothing() throws IOException {
        Path file = file(1L << 60, "{}", 0);
        InvalidInputException refused = assertThrows(InvalidInputException.class, () -> Safetensors.read(file));
        assertTrue(refused.getMessage().contains(file.toString()), refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"not json", "[]", "{\"a\":1}", "{\"a\":{}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[9],\"data_offsets\":[0,36]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"I64\",\"shape\":[-1,-1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"X\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1e999999999],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,1e]}}"})
    void brokenHeaderIsRefused(String header) throws IOException {
        Path file = file(-1, header, 8);
        assertThrows(InvalidInputException.class, () -> Safetensors.read(file));
    }
}
