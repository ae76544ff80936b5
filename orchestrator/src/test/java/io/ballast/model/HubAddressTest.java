package io.ballast.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ballast.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HubAddressTest {
    @Test
    void modelHasRepositoryAndRevision() {
        assertEquals(new HubAddress("meta-llama/Llama-3.2-1B", "main", null),
                HubAddress.model("hf://meta-llama/Llama-3.2-1B@main"));
        assertEquals(new HubAddress("gpt2", null, null), HubAddress.model("hf://gpt2"));
        assertEquals(new HubAddress("TinyLlama/TinyLlama_v1.1", null, null),
                HubAddress.model("hf://TinyLlama/TinyLlama_v1.1"));
    }

    @Test
    void dataFileHasRepositoryRevisionAndPath() {
        assertEquals(new HubAddress("allenai/sciq", null, "data/train-00000-of-00001.parquet"),
                HubAddress.dataFile("hf://datasets/allenai/sciq/data/train-00000-of-00001.parquet"));
        assertEquals(new HubAddress("a/b", "refs-1", "x.csv"), HubAddress.dataFile("hf://datasets/a/b@refs-1/x.csv"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf://", "hf://a/b/c", "hf://a b", "hf://a/b@"})
    void anythingElseIsNoModel(String text) {
        assertThrows(InvalidInputException.class, () -> HubAddress.model(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf://a/b/c.csv", "hf://datasets/a/b", "hf://datasets/a/b/"})
    void anythingElseIsNoDataFile(String text) {
        assertThrows(InvalidInputException.class, () -> HubAddress.dataFile(text));
    }
}
