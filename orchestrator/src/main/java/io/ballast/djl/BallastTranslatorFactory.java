package io.ballast.djl;

import ai.djl.Model;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorFactory;
import ai.djl.util.Pair;
import io.ballast.Generation;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Set;

/**
 * The translators of the engine "Ballast" by what goes in and what comes out. {@code hf://} addresses bring it along; a
 * folder needs {@code optTranslatorFactory(new BallastTranslatorFactory())}, or a translator. Generation is set by
 * DJL's arguments {@code maxTokens}, {@code temperature}, {@code topP}, {@code stop} and {@code seed}.
 */
public final class BallastTranslatorFactory implements TranslatorFactory {
    private static final Pair<Type, Type> TEXT = new Pair<>(String.class, String.class);
    private static final Pair<Type, Type> STREAM = new Pair<>(String.class, TextStream.class);
    private static final Pair<Type, Type> SCORES = new Pair<>(Continuations.class, float[].class);

    /** DJL makes it, or {@code Criteria} is given one. */
    public BallastTranslatorFactory() {
        // Settings come with the model.
    }

    @Override
    public Set<Pair<Type, Type>> getSupportedTypes() {
        return Set.of(TEXT, STREAM, SCORES);
    }

    /**
     * Makes a translator. Where it cannot, the model is closed, since nobody else has it yet.
     *
     * @throws IllegalArgumentException for a model of another engine, or an argument that cannot be used; DJL would
     *                                  hide the message of a {@code TranslateException}
     */
    @Override
    @SuppressWarnings("unchecked")
    public <I, O> Translator<I, O> newInstance(Class<I> input, Class<O> output, Model model, Map<String, ?> arguments) {
        try {
            checkEngine(model);
            return (Translator<I, O>) translator(new Pair<>(input, output), arguments);
        } catch (IllegalArgumentException e) {
            model.close();
            throw e;
        }
    }

    private static void checkEngine(Model model) {
        if (!(model instanceof BallastModel)) {
            throw new IllegalArgumentException("Expected a model of the engine Ballast; found "
                    + model.getClass().getName() + ". Say optEngine(\"Ballast\"), or give a translator for that"
                    + " engine's models.");
        }
    }

    private static Translator<?, ?> translator(Pair<Type, Type> types, Map<String, ?> arguments) {
        if (types.equals(SCORES)) {
            return new ScoringTranslator();
        }
        Generation how = GenerationArguments.read(arguments);
        return types.equals(STREAM) ? new StreamingGenerationTranslator(how) : new GenerationTranslator(how);
    }
}
