package io.ballast.study;

import io.ballast.InvalidInputException;
import io.ballast.eval.Role;
import io.ballast.eval.Score;
import java.util.List;
import java.util.Locale;

/**
 * Which score an axis of a study tells. A perplexity is told as its logarithm, the loss in nats per token, on which
 * differences of methods are about the same everywhere.
 *
 * @param task           name of the evaluation entry
 * @param metric         as results have it, or loss
 * @param higherIsBetter whether a larger value is a better model
 */
public record Measure(String task, String metric, boolean higherIsBetter) {
    private static final String PERPLEXITY = "perplexity";
    private static final String LOSS = "loss in nats per token";

    /**
     * The measure that a study means.
     *
     * @param wanted TASK or TASK:METRIC, or null for the first of its role
     * @param role   general or domain
     * @param scores of a run of it
     */
    static Measure of(String wanted, Role role, List<Score> scores) {
        String[] parts = wanted == null ? new String[0] : wanted.split(":", 2);
        Score score = scores.stream().filter(each -> each.role() == role)
                .filter(each -> parts.length == 0 || each.task().equals(parts[0]))
                .filter(each -> parts.length < 2 || each.metric().equals(parts[1])).findFirst()
                .orElseThrow(() -> new InvalidInputException("expected the score '" + (wanted == null ? "of any "
                        + role.name().toLowerCase(Locale.ROOT) + " task" : wanted) + "' in the study's runs, found "
                        + scores.stream().map(each -> each.task() + ":" + each.metric()).distinct().toList()
                        + ". Change 'learned' or 'kept', or add the task to the experiments' evaluation."));
        return new Measure(score.task(), score.metric().equals(PERPLEXITY) ? LOSS : score.metric(),
                score.higherIsBetter());
    }

    /** Its value at a stage; NaN where there is none. */
    double in(List<Score> scores, String stage) {
        String stored = metric.equals(LOSS) ? PERPLEXITY : metric;
        double value = scores.stream().filter(each -> each.stage().equals(stage) && each.task().equals(task)
                && each.metric().equals(stored)).mapToDouble(Score::value).findFirst().orElse(Double.NaN);
        return metric.equals(LOSS) ? Math.log(value) : value;
    }

    @Override
    public String toString() {
        return task + ", " + metric + (higherIsBetter ? " (higher is better)" : " (lower is better)");
    }
}
