package io.ballast.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ballast.InvalidInputException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShardSizeTest {
    @ParameterizedTest
    @CsvSource({"2GB, 2000000000", "1.5 MB, 1500000", "40KB, 40000", "1GiB, 1073741824", "4096, 4096"})
    void sizesAreReadAsHuggingFaceWritesThem(String text, long bytes) {
        assertEquals(bytes, ShardSize.bytes(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0GB", "GB", "-1GB", "2 bananas", "2gb", "99999999999GB"})
    void whatIsNoSizeIsRefused(String text) {
        String message = assertThrows(InvalidInputException.class, () -> ShardSize.bytes(text)).getMessage();
        assertEquals("--max-shard-size: expected a size such as 2GB, 500MB or 1GiB; found '" + text + "'.", message);
    }
}
