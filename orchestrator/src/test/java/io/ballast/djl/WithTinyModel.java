package io.ballast.djl;

import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.Translator;
import io.ballast.Ballast;
import io.ballast.Generation;
import io.ballast.TinyModels;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Tests of an application that has a Ballast open, and a tiny model both as its own and as DJL's. */
abstract class WithTinyModel {
    static final Path FOLDER = TinyModels.folder("llama-tied");
    static final Generation SHORT = Generation.greedy(12);
    static Ballast ballast;
    static io.ballast.Model own;
    static ZooModel<String, String> djls;

    @BeforeAll
    static void openBoth() throws Exception {
        ballast = Ballast.open();
        own = ballast.openModel(FOLDER);
        djls = load(FOLDER);
    }

    @AfterAll
    static void closeBoth() {
        djls.close();
        own.close();
        ballast.close();
    }

    static ZooModel<String, String> load(Path folder) throws Exception {
        return Criteria.builder().setTypes(String.class, String.class).optEngine("Ballast").optModelPath(folder)
                .optTranslator(new GenerationTranslator(SHORT)).build().loadModel();
    }

    static <I, O> Predictor<I, O> predictor(Translator<I, O> translator) {
        return djls.newPredictor(translator);
    }
}
