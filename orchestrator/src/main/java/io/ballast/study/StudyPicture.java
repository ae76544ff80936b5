package io.ballast.study;

import io.ballast.config.PlainNumber;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Learned against kept as an SVG: better is to the right and up whatever the measures' directions, a curve for each
 * method, its points labelled with their strengths, error bars of one standard deviation over seeds.
 */
final class StudyPicture {
    private static final int LEAST_WIDTH = 960;
    private static final int LEAST_HEIGHT = 560;
    private static final int LEFT = 70;
    private static final int RIGHT = 690;
    private static final int TOP = 30;
    private static final int BOTTOM = 500;
    /** Where the methods' names stand, and the room that a letter and a line take at most. */
    private static final int NAMES = RIGHT + 58;
    private static final int LETTER = 7;
    private static final int ROW = 20;
    private static final int TICKS = 6;
    private static final double MARGIN = 0.06;
    private static final double BEST = 0.7;
    /** Okabe and Ito's palette, told apart with any colour vision; dashes tell the next eight apart. */
    private static final String[] COLOURS = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9",
        "#000000", "#8C6D00"};
    private static final String[] DASHES = {"none", "6 3", "2 3", "10 3 2 3"};

    private final Comparison comparison;
    private final Scale learned;
    private final Scale kept;
    private final StringBuilder svg = new StringBuilder();

    /** From a score to a place: {@code from} is at the worst score in the picture, {@code to} at the best. */
    private record Scale(double worst, double best, int from, int to) {
        double at(double value) {
            return from + (value - worst) / (best - worst) * (to - from);
        }
    }

    /** @param share of the points, the best on each axis, that the picture has room for */
    private StudyPicture(Comparison comparison, double share) {
        this.comparison = comparison;
        List<Comparison.Point> points = comparison.points().values().stream().flatMap(List::stream).toList();
        learned = scale(points.stream().map(Comparison.Point::learned), comparison.learned(), share, LEFT, RIGHT);
        kept = scale(points.stream().map(Comparison.Point::kept), comparison.kept(), share, BOTTOM, TOP);
    }

    /** All methods with all their strengths. */
    static String of(Comparison comparison) {
        return new StudyPicture(comparison, 1).draw();
    }

    /** The corner where much is learned and much is kept, of the methods that reach it. */
    static String ofTheBest(Comparison comparison) {
        return new StudyPicture(comparison, BEST).draw();
    }

    private static Scale scale(Stream<Spread> spreads, Measure measure, double share, int from, int to) {
        double sign = measure.higherIsBetter() ? 1 : -1;
        double[] scores = spreads.mapToDouble(spread -> sign * spread.mean()).sorted().toArray();
        double best = scores[scores.length - 1];
        double worst = scores[(int) Math.round((1 - share) * (scores.length - 1))];
        double margin = Math.max((best - worst) * MARGIN, 1e-9);
        return new Scale(sign * (worst - margin), sign * (best + margin), from, to);
    }

    private String draw() {
        List<Map.Entry<String, List<Comparison.Point>>> shown = comparison.points().entrySet().stream()
                .filter(method -> method.getValue().stream().anyMatch(this::isInside)).toList();
        int longest = shown.stream().mapToInt(method -> comparison.label(method.getKey()).length()).max().orElse(0);
        svg.append(String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
                + " font-family=\"sans-serif\" font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\""
                + " fill=\"#ffffff\"/>%n<clipPath id=\"inside\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>%n",
                Math.max(LEAST_WIDTH, NAMES + LETTER * (longest + 1)),
                Math.max(LEAST_HEIGHT, TOP + ROW * (shown.size() + 1)), LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP));
        axes();
        for (int i = 0; i < shown.size(); i++) {
            method(shown.get(i).getKey(), shown.get(i).getValue(), i);
        }
        return svg.append("</svg>\n").toString();
    }

    private boolean isInside(Comparison.Point point) {
        return x(point) >= LEFT && y(point) <= BOTTOM;
    }

    private void axes() {
        for (int i = 0; i <= TICKS; i++) {
            double x = learned.worst() + (learned.best() - learned.worst()) * i / TICKS;
            double y = kept.worst() + (kept.best() - kept.worst()) * i / TICKS;
            line(learned.at(x), TOP, learned.at(x), BOTTOM, "#e6e6e6");
            line(LEFT, kept.at(y), RIGHT, kept.at(y), "#e6e6e6");
            text(learned.at(x), BOTTOM + 18, "middle", "#444444", String.format(Locale.ROOT, "%.2f", x));
            text(LEFT - 8, kept.at(y) + 4, "end", "#444444", String.format(Locale.ROOT, "%.2f", y));
        }
        text((LEFT + RIGHT) / 2.0, BOTTOM + 42, "middle", "#000000", "learned → " + comparison.learned());
        svg.append(String.format(Locale.ROOT, "<text transform=\"translate(18 %d) rotate(-90)\""
                + " text-anchor=\"middle\">kept → %s</text>%n", (TOP + BOTTOM) / 2, escaped(comparison.kept().toString())));
        text(LEFT, TOP - 12, "start", "#000000", comparison.domain());
    }

    /** The curve passes outside of the picture too; only what is inside has a dot. */
    private void method(String name, List<Comparison.Point> points, int index) {
        String colour = COLOURS[index % COLOURS.length];
        String dash = DASHES[index / COLOURS.length % DASHES.length];
        StringBuilder path = new StringBuilder();
        Stream.concat(comparison.origin(name).stream(), points.stream()).forEach(point ->
                path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point), y(point))));
        svg.append(String.format(Locale.ROOT, "<g><title>%s</title><polyline clip-path=\"url(#inside)\" points=\"%s\" fill=\"none\" stroke=\"%s\""
                + " stroke-width=\"2\" stroke-dasharray=\"%s\"/>%n", escaped(name), path.toString().strip(), colour,
                dash));
        points.stream().filter(this::isInside).forEach(point -> point(point, colour));
        svg.append("</g>\n");
        int place = TOP + 10 + ROW * index;
        svg.append(String.format(Locale.ROOT, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\""
                + " stroke-width=\"2\" stroke-dasharray=\"%s\"/>%n", RIGHT + 20, place, RIGHT + 50, place, colour, dash));
        text(NAMES, place + 4, "start", "#000000", comparison.label(name));
    }

    private void point(Comparison.Point point, String colour) {
        double x = x(point);
        double y = y(point);
        if (point.learned().count() > 1) {
            double left = learned.at(point.learned().mean() - point.learned().deviation());
            double low = kept.at(point.kept().mean() - point.kept().deviation());
            svg.append("<g clip-path=\"url(#inside)\">\n");
            line(left, y, 2 * x - left, y, colour);
            line(x, low, x, 2 * y - low, colour);
            svg.append("</g>\n");
        }
        svg.append(String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>%n", x, y, colour));
        if (point.strength() != null) {
            text(x + 6, y - 6, "start", colour, PlainNumber.of(point.strength()).toString());
        }
    }

    private double x(Comparison.Point point) {
        return learned.at(point.learned().mean());
    }

    private double y(Comparison.Point point) {
        return kept.at(point.kept().mean());
    }

    private void line(double x1, double y1, double x2, double y2, String colour) {
        svg.append(String.format(Locale.ROOT, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n",
                x1, y1, x2, y2, colour));
    }

    private void text(double x, double y, String anchor, String colour, String said) {
        svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>%n",
                x, y, anchor, colour, escaped(said)));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
