package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonParser;
import io.ballast.config.ExperimentSchema;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaCommandTest {
    @ParameterizedTest
    @ValueSource(strings = {"schema", "schema --json", "--quiet schema"})
    void standardOutputIsTheSchemaAndNothingElse(String typed) {
        Typed answer = Typed.run(typed.split(" "));
        assertEquals(0, answer.code());
        assertEquals(ExperimentSchema.json(), JsonParser.parseString(answer.out()));
        assertEquals("", answer.err());
    }
}
