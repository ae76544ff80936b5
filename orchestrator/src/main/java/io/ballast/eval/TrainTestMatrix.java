package io.ballast.eval;

import io.ballast.schema.MayBeAbsent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What training on several domains one after another did to each of them, by one metric: the matrix R of Lopez-Paz and
 * Ranzato (2017, arXiv 1706.08840). R[i][j], with i and j from 1, is the score on domain j after training on domain i;
 * R[0][j] the one before the first. A domain with several tasks counts with their mean.
 *
 * @param metric         {@code acc}, {@code acc_norm}, …; {@value #LOSS} stands for a perplexity, of which it is the
 *                       logarithm: nats per token can be averaged
 * @param higherIsBetter whether a larger value is a better model
 * @param domains        names, in the order of training
 * @param before         R[0]: one score a domain, at the last stage before the first domain; null where there was none
 * @param rows           R[1], R[2], …: a row for each domain that was trained on and scored
 * @param measures       what follows from a whole matrix; none where a row is missing
 */
public record TrainTestMatrix(String metric, boolean higherIsBetter, List<String> domains,
        @MayBeAbsent List<Double> before, List<List<Double>> rows, List<Measure> measures) {
    static final String LOSS = "loss";
    private static final String PERPLEXITY = "perplexity";

    /**
     * A number that libraries define in different ways, so it comes with its formula. A gain is positive for every
     * metric, and forgetting is positive for every metric.
     *
     * @param name    what it is called
     * @param value   in the metric's unit
     * @param formula in terms of R, with T domains
     * @param source  who defines it so
     */
    public record Measure(String name, double value, String formula, String source) {
    }

    /**
     * The matrices of a run, one for each metric that every domain has.
     *
     * @param scores      of all stages
     * @param domainOf    name of the domain of each domain task
     * @param domains     names of all domains, in the order of training, which are the stages after them too
     * @param stageBefore name of the last stage before the first domain, or null
     * @return none for a single domain
     */
    public static List<TrainTestMatrix> of(List<Score> scores, Map<String, String> domainOf, List<String> domains,
            String stageBefore) {
        if (domains.size() < 2) {
            return List.of();
        }
        List<Score> ours = scores.stream().filter(score -> domainOf.containsKey(score.task())).toList();
        return ours.stream().map(Score::metric).distinct()
                .filter(metric -> domains.stream().allMatch(domain -> ours.stream().anyMatch(score ->
                        score.metric().equals(metric) && domainOf.get(score.task()).equals(domain))))
                .map(metric -> of(metric, ours.stream().filter(score -> score.metric().equals(metric)).toList(), domainOf,
                        domains, stageBefore))
                .filter(matrix -> !matrix.rows().isEmpty()).toList();
    }

    private static TrainTestMatrix of(String metric, List<Score> scores, Map<String, String> domainOf,
            List<String> domains, String stageBefore) {
        List<Double> before = row(scores, domainOf, domains, stageBefore);
        List<List<Double>> rows = new ArrayList<>();
        for (String stage : domains) {
            List<Double> row = row(scores, domainOf, domains, stage);
            if (row == null) {
                break;
            }
            rows.add(row);
        }
        boolean higherIsBetter = scores.get(0).higherIsBetter();
        boolean whole = rows.size() == domains.size();
        return new TrainTestMatrix(metric.equals(PERPLEXITY) ? LOSS : metric, higherIsBetter, domains, before, rows,
                whole ? measures(rows, before, higherIsBetter) : List.of());
    }

    /** The mean over the tasks of each domain at one stage, or null where the stage was not scored. */
    private static List<Double> row(List<Score> scores, Map<String, String> domainOf, List<String> domains,
            String stage) {
        Map<String, Double> means = scores.stream().filter(score -> score.stage().equals(stage))
                .collect(Collectors.groupingBy(score -> domainOf.get(score.task()),
                        Collectors.averagingDouble(TrainTestMatrix::value)));
        return means.size() == domains.size() ? domains.stream().map(means::get).toList() : null;
    }

    private static double value(Score score) {
        return score.metric().equals(PERPLEXITY) ? Math.log(score.value()) : score.value();
    }

    private static List<Measure> measures(List<List<Double>> r, List<Double> before, boolean higherIsBetter) {
        int last = r.size() - 1;
        int sign = higherIsBetter ? 1 : -1;
        List<Measure> measures = new ArrayList<>();
        measures.add(new Measure(higherIsBetter ? "average accuracy" : "average loss",
                mean(0, last + 1, j -> r.get(last).get(j)), "1/T Σ_j R[T][j]", "arXiv 1706.08840"));
        measures.add(new Measure("backward transfer", mean(0, last, j -> sign * (r.get(last).get(j) - r.get(j).get(j))),
                average("j<T", "R[T][j]", "R[j][j]", higherIsBetter), "arXiv 1706.08840"));
        if (before != null) {
            measures.add(new Measure("forward transfer",
                    mean(1, last + 1, j -> sign * (r.get(j - 1).get(j) - before.get(j))),
                    average("j>1", "R[j−1][j]", "R[0][j]", higherIsBetter),
                    "arXiv 1706.08840, with the model before the first domain in place of an untrained one"));
        }
        measures.add(new Measure("forgetting, best − last",
                mean(0, last, j -> sign * (best(r, j, last, sign) - r.get(last).get(j))),
                average("j<T", (higherIsBetter ? "max" : "min") + "_{i<T} R[i][j]", "R[T][j]", higherIsBetter),
                "arXiv 1801.10112"));
        measures.add(new Measure("forgetting, first − last",
                mean(0, last, j -> sign * (r.get(j).get(j) - r.get(last).get(j))),
                average("j<T", "R[j][j]", "R[T][j]", higherIsBetter), "Avalanche; the backward transfer with its sign"));
        return measures;
    }

    private static double best(List<List<Double>> r, int domain, int end, int sign) {
        return sign * IntStream.range(0, end).mapToDouble(i -> sign * r.get(i).get(domain)).max().orElseThrow();
    }

    private static double mean(int from, int to, IntToDoubleFunction term) {
        return IntStream.range(from, to).mapToDouble(term).average().orElseThrow();
    }

    /** The mean of a difference over all domains but one; of a loss the other way round. */
    private static String average(String range, String one, String other, boolean higherIsBetter) {
        return "1/(T−1) Σ_{" + range + "} (" + (higherIsBetter ? one + " − " + other : other + " − " + one) + ")";
    }
}
