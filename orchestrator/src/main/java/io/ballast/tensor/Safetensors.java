package io.ballast.tensor;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.annotations.SerializedName;
import io.ballast.InvalidInputException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of a safetensors file: which tensors it has and where. Nothing of the data is read,
 * and a header that promises more than the file holds is refused before anything is allocated.
 *
 * @param file    the file
 * @param tensors its tensors by name, sorted
 */
public record Safetensors(Path file, Map<String, TensorInfo> tensors) {
    /** The format's own limit on the header, 100 MB. */
    private static final long LARGEST_HEADER = 100_000_000L;
    private static final Gson GSON = new Gson();
    /** F32, BF16, I8, F8_E4M3 and the like. */
    private static final Pattern BITS = Pattern.compile("[A-Z]{1,2}(\\d{1,3})(?:_.*)?");

    /**
     * Where a tensor lies.
     *
     * @param dtype  as the format spells it, such as F32
     * @param shape  its shape, empty for a scalar
     * @param offset of its first byte in the file
     * @param bytes  its size
     */
    public record TensorInfo(String dtype, long[] shape, long offset, long bytes) {
        /** @return how many numbers it has */
        public long elements() {
            long elements = 1;
            for (long size : shape) {
                elements = Math.multiplyExact(elements, size);
            }
            return elements;
        }
    }

    /**
     * Reads a file's header.
     *
     * @param file a .safetensors file
     * @return what is in it
     * @throws InvalidInputException when it is not one
     */
    public static Safetensors read(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            long header = size < Long.BYTES ? -1 : bytes(channel, 0, Long.BYTES).getLong();
            if (header < 2 || header > LARGEST_HEADER || Long.BYTES + header > size) {
                throw broken(file, "a header of " + header + " bytes in a file of " + size, null);
            }
            String json = StandardCharsets.UTF_8.decode(bytes(channel, Long.BYTES, (int) header)).toString();
            return new Safetensors(file, tensors(file, JsonParser.parseString(json).getAsJsonObject(),
                    Long.BYTES + header, size));
        } catch (IOException e) {
            throw new InvalidInputException("Expected a readable safetensors file at " + file + "; found " + e + ".", e);
        } catch (JsonParseException | IllegalStateException | ClassCastException | ArithmeticException
                | NumberFormatException | UnsupportedOperationException e) {
            throw broken(file, "a header that is not its JSON: " + e.getMessage(), e);
        }
    }

    private static Map<String, TensorInfo> tensors(Path file, JsonObject header, long dataStart, long fileSize) {
        Map<String, TensorInfo> tensors = new TreeMap<>();
        header.remove("__metadata__");
        for (Map.Entry<String, JsonElement> entry : header.entrySet()) {
            Entry info = GSON.fromJson(entry.getValue(), Entry.class);
            if (info == null || info.dtype == null || info.shape == null || info.offsets == null
                    || info.offsets.length != 2) {
                throw broken(file, "an entry of tensor " + entry.getKey() + " without dtype, shape and two offsets",
                        null);
            }
            long begin = info.offsets[0];
            long end = info.offsets[1];
            if (begin < 0 || end < begin || end > fileSize - dataStart) {
                throw broken(file, "tensor " + entry.getKey() + " at bytes " + begin + " to " + end + " of "
                        + (fileSize - dataStart), null);
            }
            TensorInfo tensor = new TensorInfo(info.dtype, info.shape, dataStart + begin, end - begin);
            if (!isOfItsSize(tensor)) {
                throw broken(file, "tensor " + entry.getKey() + " of " + info.dtype + " and shape "
                        + Arrays.toString(info.shape) + " in " + tensor.bytes() + " bytes", null);
            }
            tensors.put(entry.getKey(), tensor);
        }
        return tensors;
    }

    /** Of a dtype that is not known here nothing is said. */
    private static boolean isOfItsSize(TensorInfo tensor) {
        long elements = tensor.elements();
        Matcher bits = BITS.matcher(tensor.dtype());
        long each = tensor.dtype().equals("BOOL") ? Byte.SIZE : bits.matches() ? Long.parseLong(bits.group(1)) : 0;
        return Arrays.stream(tensor.shape()).noneMatch(size -> size < 0)
                && (each == 0 || Math.multiplyExact(elements, each) == Math.multiplyExact(tensor.bytes(), Byte.SIZE));
    }

    /** A tensor's entry as the header spells it. */
    private record Entry(String dtype, long[] shape, @SerializedName("data_offsets") long[] offsets) {
    }

    private static ByteBuffer bytes(FileChannel channel, long offset, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
            // until it is full or the file ends
        }
        return buffer.flip();
    }

    private static InvalidInputException broken(Path file, String found, Throwable cause) {
        return new InvalidInputException("Expected a whole safetensors file at " + file + "; found " + found
                + ". Copy or download it again.", cause);
    }
}
