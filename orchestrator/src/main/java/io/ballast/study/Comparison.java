package io.ballast.study;

import io.ballast.study.Curve.Axis;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a study's rows say of one domain: each method's curve, and the methods side by side at equal learning and at equal
 * keeping: what each can keep and still learn so much. A method is read off between its strengths, for each seed alone,
 * and then averaged. Methods that see general rows during the domain phase are a league of their own.
 */
public final class Comparison {
    /** Of methods that see general rows during the domain phase. */
    public static final String MARK = "°";

    private final StudyConfig config;
    private final StudyResults results;
    private final String domain;

    /**
     * @param config  of the study
     * @param results its rows
     * @param domain  name of the domain
     */
    public Comparison(StudyConfig config, StudyResults results, String domain) {
        this.config = config;
        this.results = results;
        this.domain = domain;
    }

    /**
     * A method at one strength, over its seeds.
     *
     * @param strength          or null
     * @param learned           over seeds
     * @param kept              over seeds
     * @param seconds           of the domain phase, mean
     * @param importanceSeconds mean
     * @param importanceBytes   of the last seed
     */
    public record Point(Double strength, Spread learned, Spread kept, double seconds, double importanceSeconds,
            long importanceBytes) {
    }

    /**
     * Methods where all have the same score on one axis.
     *
     * @param value   that score
     * @param leagues those that see no general rows during the domain phase, then those that do; where there are any
     */
    public record Equal(double value, List<League> leagues) {
        boolean reaches(String method) {
            return leagues.stream().anyMatch(league -> league.methods().containsKey(method));
        }
    }

    /**
     * Methods that learned from the same rows.
     *
     * @param best    what the others are compared with: the best of those with the most seeds, so that there are error bars
     * @param methods the other axis by method, in the order of what they are from that one; those without a seed in common
     *                with it last. Methods whose curves do not reach the value are missing
     */
    public record League(String best, Map<String, Reading> methods) {
        private static League of(Map<String, Reading> methods, boolean higherIsBetter) {
            double sign = higherIsBetter ? -1 : 1;
            String best = methods.keySet().stream().min(Comparator.comparingInt((String name) ->
                    -methods.get(name).bySeed().size()).thenComparingDouble(name ->
                            sign * methods.get(name).spread().mean())).orElseThrow();
            League unsorted = new League(best, methods);
            Map<String, Reading> sorted = new LinkedHashMap<>();
            methods.keySet().stream().sorted(Comparator.comparingDouble(name -> sign * unsorted.fromTheBest(name).mean()))
                    .forEach(name -> sorted.put(name, methods.get(name)));
            return new League(best, sorted);
        }

        /**
         * Compares a method with the best on the seeds that both have, each seed with itself.
         *
         * @param name of the method
         * @return its score minus the best's, over seeds
         */
        public Spread fromTheBest(String name) {
            Map<Long, Double> theirs = methods.get(best).bySeed();
            return Spread.of(methods.get(name).bySeed().entrySet().stream()
                    .filter(each -> theirs.containsKey(each.getKey()))
                    .map(each -> each.getValue() - theirs.get(each.getKey())).toList());
        }
    }

    /**
     * A method's score where all have the same on the other axis.
     *
     * @param bySeed the score by seed
     */
    public record Reading(Map<Long, Double> bySeed) {
        /** @return over seeds */
        public Spread spread() {
            return Spread.of(bySeed.values());
        }
    }

    /** @return the points of each method that has any, by method, the weakest strength first */
    public Map<String, List<Point>> points() {
        Map<String, List<Point>> points = new LinkedHashMap<>();
        for (StudyConfig.Method method : config.methods()) {
            List<Double> strengths = rows(method.name()).map(StudyRow::strength).distinct()
                    .sorted(Comparator.nullsFirst(Comparator.naturalOrder())).toList();
            if (!strengths.isEmpty()) {
                points.put(method.name(), strengths.stream().map(strength -> point(method.name(), strength)).toList());
            }
        }
        return points;
    }

    /** The point that a method's curve starts at, where it is another method's. */
    Optional<Point> origin(String name) {
        return config.methods().stream().filter(method -> method.name().equals(name) && method.from() != null)
                .flatMap(method -> points().getOrDefault(method.from(), List.of()).stream()).findFirst();
    }

    private Point point(String method, Double strength) {
        List<StudyRow> rows = rows(method).filter(row -> Objects.equals(row.strength(), strength)).toList();
        return new Point(strength, Spread.of(rows.stream().map(StudyRow::learned).toList()),
                Spread.of(rows.stream().map(StudyRow::kept).toList()),
                rows.stream().mapToDouble(StudyRow::seconds).average().orElse(Double.NaN),
                rows.stream().mapToDouble(StudyRow::importanceSeconds).average().orElse(Double.NaN),
                rows.get(rows.size() - 1).importanceBytes());
    }

    /** @return what each method kept where all learned the same; one of these for each score that was asked for */
    public List<Equal> atEqualLearning() {
        List<Double> asked = config.domains().stream().filter(each -> each.name().equals(domain)).findFirst()
                .map(StudyConfig.Domain::atLearned).orElse(null);
        return (asked != null ? asked : shared(Axis.LEARNED)).stream()
                .map(value -> equal(Axis.LEARNED, value, learned(), Axis.KEPT, kept())).toList();
    }

    /** @return what each method learned where all kept the same */
    public List<Equal> atEqualKeeping() {
        return shared(Axis.KEPT).stream().map(value -> equal(Axis.KEPT, value, kept(), Axis.LEARNED, learned()))
                .toList();
    }

    Measure learned() {
        return results.learned().get(domain);
    }

    Measure kept() {
        return results.kept().get(domain);
    }

    String domain() {
        return domain;
    }

    /** Scores before the domain phase, by stage, over seeds: [learned, kept]. */
    Map<String, Spread[]> baselines() {
        Map<String, Spread[]> baselines = new LinkedHashMap<>();
        List<StudyResults.Baseline> here = results.baselines().stream().filter(each -> each.domain().equals(domain))
                .toList();
        here.stream().map(StudyResults.Baseline::stage).distinct().forEach(stage -> {
            List<StudyResults.Baseline> ofStage = here.stream().filter(each -> each.stage().equals(stage)).toList();
            baselines.put(stage, new Spread[] {
                Spread.of(ofStage.stream().map(StudyResults.Baseline::learned).toList()),
                Spread.of(ofStage.stream().map(StudyResults.Baseline::kept).toList())});
        });
        return baselines;
    }

    private boolean seesGeneralRows(String method) {
        return rows(method).anyMatch(row -> row.replay() > 0);
    }

    /**
     * A method's name for people.
     *
     * @param method as the study has it
     * @return with {@value #MARK} where the method sees general rows during the domain phase
     */
    public String label(String method) {
        return seesGeneralRows(method) ? method + " " + MARK : method;
    }

    private Equal equal(Axis axis, double value, Measure ofAxis, Axis other, Measure ofOther) {
        Map<String, Reading> methods = new LinkedHashMap<>();
        for (StudyConfig.Method method : config.methods()) {
            Map<Long, Curve> curves = curves(method);
            Map<Long, Double> found = new LinkedHashMap<>();
            curves.forEach((seed, curve) -> curve.at(axis, value, ofAxis.higherIsBetter(), other, ofOther.higherIsBetter())
                    .ifPresent(score -> found.put(seed, score)));
            if (!found.isEmpty() && found.size() == curves.size()) {
                methods.put(method.name(), new Reading(found));
            }
        }
        return new Equal(value, Stream.of(false, true).map(seeing -> league(methods, seeing))
                .filter(league -> !league.isEmpty()).map(league -> League.of(league, ofOther.higherIsBetter())).toList());
    }

    private Map<String, Reading> league(Map<String, Reading> methods, boolean seesGeneralRows) {
        Map<String, Reading> league = new LinkedHashMap<>(methods);
        league.keySet().removeIf(method -> seesGeneralRows(method) != seesGeneralRows);
        return league;
    }

    /** A score that as many curves as possible pass: the middle of the widest interval that most of them span. */
    private List<Double> shared(Axis axis) {
        List<double[]> ranges = new ArrayList<>();
        TreeSet<Double> ends = new TreeSet<>();
        for (StudyConfig.Method method : config.methods()) {
            for (Curve curve : curves(method).values()) {
                curve.range(axis).ifPresent(range -> {
                    ranges.add(range);
                    ends.add(range[0]);
                    ends.add(range[1]);
                });
            }
        }
        long most = 0;
        double widest = 0;
        Double chosen = null;
        for (Double low : ends) {
            Double high = ends.higher(low);
            if (high != null) {
                double middle = (low + high) / 2;
                long spanning = ranges.stream().filter(range -> range[0] <= middle && middle <= range[1]).count();
                if (spanning > most || spanning == most && high - low > widest) {
                    most = spanning;
                    widest = high - low;
                    chosen = middle;
                }
            }
        }
        return chosen == null ? List.of() : List.of(chosen);
    }

    /** A method's curve for each of its seeds; where it starts from another method, that one's point comes first. */
    private Map<Long, Curve> curves(StudyConfig.Method method) {
        Map<Long, Curve> curves = new LinkedHashMap<>();
        rows(method.name()).map(StudyRow::seed).distinct().forEach(seed -> curves.put(seed, new Curve(Stream.concat(
                method.from() == null ? Stream.empty() : rows(method.from()).filter(row -> row.seed() == seed).limit(1),
                rows(method.name()).filter(row -> row.seed() == seed)
                        .sorted(Comparator.comparing(StudyRow::strength,
                                Comparator.nullsFirst(Comparator.naturalOrder())))).toList())));
        return curves;
    }

    private Stream<StudyRow> rows(String method) {
        return results.rows().stream().filter(row -> row.domain().equals(domain) && row.method().equals(method)
                && row.isCompleted());
    }
}
