package io.ballast.bench;

import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import io.ballast.data.PhaseData;
import io.ballast.data.Tokenizer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How time and memory grow: with parameters, context and domains, which {@code python -m benchmarks.growth} measures, and
 * here with rows of data, from a thousand to {@code rows} of them: seconds from the file to stored ids, and the heap that
 * is in use while they are open. Settings: {@code rows}, {@code parts} (parameters, context, domains, rows) and those of the
 * Python side.
 */
final class GrowthBenchmark implements Benchmark {
    private static final String ROWS = "rows";
    private static final String PARTS = "parts";
    private static final String ALL_PARTS = "parameters,context,domains," + ROWS;
    private static final int DEFAULT_ROWS = 1_000_000;
    private static final int FEWEST_ROWS = 1_000;
    private static final int STEP = 10;
    private static final double STRAIGHT = 1.1;
    private static final double CONSTANT = 1.1;
    private static final double MEBIBYTE = 1 << 20;

    private final Benchmark python = new PythonBenchmark(name(), summary());

    /** What so many rows cost. */
    private record Point(int rows, double seconds, double heap) {
    }

    @Override
    public String name() {
        return "growth";
    }

    @Override
    public String summary() {
        return "time and memory against parameters, context, rows and domains";
    }

    @Override
    public List<Measurement> run(BenchmarkRequest request) {
        Map<String, String> settings = new HashMap<>(request.settings());
        int most = request.count(ROWS, DEFAULT_ROWS);
        settings.remove(ROWS);
        List<String> parts = new ArrayList<>(List.of(settings.getOrDefault(PARTS, ALL_PARTS).split(",")));
        boolean ofRows = parts.remove(ROWS);
        if (ofRows && most < STEP * FEWEST_ROWS) {
            throw new InvalidInputException("--set rows: expected a whole number of " + STEP * FEWEST_ROWS
                    + " or more, since growth is told from " + FEWEST_ROWS + " rows on in steps of " + STEP
                    + " times as many, found '" + most + "'. Name more, or leave " + ROWS + " out of parts.");
        }
        List<Measurement> measured = new ArrayList<>();
        if (!parts.isEmpty()) {
            settings.put(PARTS, String.join(",", parts));
            measured.addAll(python.run(new BenchmarkRequest(request.environment(), request.ballast(), request.model(),
                    request.data(), request.pairs(), settings, request.note())));
        }
        if (ofRows) {
            measured.addAll(ScratchFolder.with(folder -> rows(request, most, folder)));
        }
        return measured;
    }

    private static List<Measurement> rows(BenchmarkRequest request, int most, Path folder) throws IOException {
        List<Point> points = new ArrayList<>();
        try (Tokenizer tokenizer = Tokenizer.open(request.modelOrDefault())) {
            point(request, FEWEST_ROWS, tokenizer, Files.createDirectory(folder.resolve("first"))); // what is loaded once
            for (int rows = FEWEST_ROWS; rows <= most; rows *= STEP) {
                points.add(point(request, rows, tokenizer, Files.createDirectory(folder.resolve("rows-" + rows))));
            }
        }
        Point first = points.get(0);
        Point last = points.get(points.size() - 1);
        List<Measurement> measured = new ArrayList<>();
        points.forEach(point -> measured.add(compared(point.rows, "s", point.seconds, first.seconds)));
        points.forEach(point -> measured.add(compared(point.rows, "MB", point.heap, first.heap)));
        double exponent = Math.log(last.seconds / first.seconds) / Math.log((double) last.rows / first.rows);
        measured.add(Measurement.ofLimit("growth/rows, data: exponent of s", new double[] {exponent}, STRAIGHT, ""));
        measured.add(Measurement.ofLimit("growth/rows, data: the most rows' heap", new double[] {last.heap},
                CONSTANT * first.heap, "MB"));
        return measured;
    }

    private static Measurement compared(int rows, String unit, double ours, double first) {
        return Measurement.compared("growth/rows=" + rows + ", data: " + unit, ours, first, unit, null,
                Measurement.LOWER, 1);
    }

    private static Point point(BenchmarkRequest request, int rows, Tokenizer tokenizer, Path folder) throws IOException {
        Path file = folder.resolve("rows.jsonl");
        DataBenchmark.write(file, rows, request.dataOrDefault());
        DataConfig entry = DataBenchmark.entry(file);
        long started = System.nanoTime();
        try (PhaseData data = PhaseData.prepare(List.of(entry), tokenizer, DataBenchmark.MAX_LENGTH, folder, null, 0)) {
            double seconds = (System.nanoTime() - started) / 1e9;
            return new Point((int) data.statistics().rows(), seconds, heapInUse() / MEBIBYTE);
        }
    }

    private static long heapInUse() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed();
    }
}
