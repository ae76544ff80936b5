package io.ballast.cli;

import com.google.gson.GsonBuilder;
import io.ballast.eval.Evaluation;
import io.ballast.eval.Score;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An evaluation's scores, as a document and for people. */
final class EvaluationText {
    private static final String STAGE = "eval";

    private EvaluationText() {
    }

    static String document(Evaluation evaluation, String model) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("model", model);
        document.put("scores", evaluation.scores(STAGE));
        document.put("groups", evaluation.groupScores(STAGE));
        return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls()
                .serializeSpecialFloatingPointValues().create().toJson(document);
    }

    static String table(Evaluation evaluation) {
        TextTable table = new TextTable("task", "metric", "value", "± stderr", "n");
        for (Score score : Stream.concat(evaluation.scores(STAGE).stream(),
                evaluation.groupScores(STAGE).stream()).toList()) {
            table.row(List.of(score.task(), score.metric(), Numbers.score(score.value()),
                    score.stderr() == null ? "" : Numbers.score(score.stderr()), String.valueOf(score.n())));
        }
        return table.toString();
    }
}
