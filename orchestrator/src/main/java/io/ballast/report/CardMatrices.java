package io.ballast.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What several domains one after another did to each of them. */
final class CardMatrices {
    private CardMatrices() {
    }

    static String of(Evidence evidence) {
        return Markdown.section("Domain after domain", evidence.run().result().objects("matrices").stream()
                .map(CardMatrices::matrix).collect(Collectors.joining("\n")));
    }

    private static String matrix(Fields matrix) {
        List<String> domains = matrix.texts("domains");
        List<String> header = new ArrayList<>(List.of(matrix.text("metric").orElse("?") + " on"));
        header.addAll(domains);
        List<List<String>> rows = new ArrayList<>();
        if (matrix.numbers("before").length > 0) {
            rows.add(row("before", matrix.numbers("before")));
        }
        List<double[]> scores = matrix.rows("rows");
        IntStream.range(0, scores.size()).forEach(i -> rows.add(row("after " + domains.get(i), scores.get(i))));
        List<List<String>> measures = matrix.objects("measures").stream().map(measure -> List.of(
                measure.text("name").orElse("?"), Numbers.significant(measure.number("value"), 3),
                measure.text("formula").orElse("?"), measure.text("source").orElse("?"))).toList();
        return Markdown.table(header, rows) + "\n"
                + Markdown.table(List.of("measure", "value", "formula", "as in"), measures);
    }

    private static List<String> row(String name, double[] scores) {
        List<String> row = new ArrayList<>(List.of(name));
        Arrays.stream(scores).forEach(score -> row.add(Numbers.significant(score, 4)));
        return row;
    }
}
