package io.ballast.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.translate.Translator;
import io.ballast.Generation;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Needs no Python: a translator is made before anything is asked. */
class BallastTranslatorFactoryTest {
    private final BallastTranslatorFactory factory = new BallastTranslatorFactory();

    private <O> Translator<String, O> translator(Class<O> output, Map<String, ?> arguments) {
        try (Model model = Model.newInstance("m", "Ballast")) {
            return factory.newInstance(String.class, output, model, arguments);
        }
    }

    @Test
    void argumentsSetTheGeneration() {
        Generation read = GenerationArguments.read(Map.of("maxTokens", 5, "temperature", "0.5", "topP", 0.9,
                "seed", "7", "stop", List.of("\n", "."), "engine", "Ballast"));
        assertEquals(Generation.sampled(5, 0.5, 0.9).withSeed(7).withStop("\n", "."), read);
        assertEquals(Generation.greedy(256), GenerationArguments.read(Map.of()));
        assertEquals(Generation.greedy(256).withStop("end"), GenerationArguments.read(Map.of("stop", "end")));
    }

    @Test
    void whatComesOutSaysWhichTranslator() {
        assertEquals(GenerationTranslator.class, translator(String.class, Map.of()).getClass());
        assertEquals(StreamingGenerationTranslator.class, translator(TextStream.class, Map.of()).getClass());
        assertTrue(factory.isSupported(Continuations.class, float[].class));
    }

    @Test
    void anArgumentThatIsNoNumberIsRefused() {
        String said = assertThrows(IllegalArgumentException.class,
                () -> translator(String.class, Map.of("maxTokens", "many"))).getMessage();
        assertEquals("Expected DJL's argument maxTokens to be a whole number; found many. Correct it in optArgument, or"
                + " behind the address's question mark.", said);
        assertThrows(IllegalArgumentException.class, () -> translator(String.class, Map.of("topP", 3)));
    }

    @Test
    void aModelOfAnotherEngineIsRefused() {
        try (Model model = Model.newInstance("m", "RPC")) {
            String said = assertThrows(IllegalArgumentException.class,
                    () -> factory.newInstance(String.class, String.class, model, Map.of())).getMessage();
            assertTrue(said.startsWith("Expected a model of the engine Ballast; found ai.djl.engine.rpc.RpcModel."),
                    said);
        }
    }
}
