package io.ballast.cli;

import io.ballast.train.Forecast;
import java.util.List;

/** What an experiment will take, for people. */
final class ForecastText {
    private ForecastText() {
    }

    static String of(Forecast forecast) {
        StringBuilder text = new StringBuilder("trained     " + Numbers.large(forecast.trained(), "") + " of "
                + Numbers.large(forecast.parameters(), "") + " parameters\n\n");
        TextTable table = new TextTable("memory on " + forecast.device(), "program", "weights", "gradients", "optimizer",
                "importance", "anchor", "activations", "at most", "");
        for (Forecast.Phase phase : forecast.phases()) {
            table.row(List.of(phase.name(), bytes(forecast.programBytes()), bytes(phase.weights()),
                    bytes(phase.gradients()), bytes(phase.optimizer()), bytes(phase.importance()), bytes(phase.anchor()),
                    bytes(phase.activations()),
                    bytes(forecast.programBytes() + phase.bytes()), phase.steps() + " steps of " + phase.rows() + " × "
                            + phase.longestRow() + " tokens"));
        }
        text.append(table).append('\n');
        if (forecast.hostBytes() != null) {
            text.append("host memory at most ").append(bytes(forecast.hostBytes()))
                    .append(": the program, with the model being opened or a checkpoint on its way\n");
        }
        if (forecast.seconds() != null) {
            text.append(time(forecast));
        }
        Forecast.Disk disk = forecast.disk();
        text.append("disk        at most ").append(bytes(disk.mostBytes())).append(" during the run, ")
                .append(bytes(disk.leftBytes())).append(" left at the end (model and anchors), ")
                .append(bytes(disk.cacheBytes())).append(" in caches\n");
        if (!forecast.fits()) {
            text.append("This does not fit: ").append(bytes(forecast.availableBytes())).append(" are free. ")
                    .append(whatFits(forecast.advice(), "a smaller model or another machine"));
        }
        if (!disk.fits()) {
            text.append("This does not fit on the disk: ").append(bytes(disk.freeBytes())).append(" are free. ")
                    .append(whatFits(disk.advice(), "another disk, by 'output'"));
        }
        return text.toString();
    }

    private static String whatFits(List<String> advice, String other) {
        return advice.isEmpty() ? "Take " + other + ".\n" : "It fits with " + String.join("; or with ", advice) + ".\n";
    }

    /** What one of several ranks would hold. */
    static String ofRanks(List<Forecast.Rank> ranks) {
        TextTable table = new TextTable("memory of a rank", "its parts", "gathered", "activations", "at most");
        ranks.forEach(rank -> table.row(List.of("one of " + rank.ranks(), bytes(rank.parts()), bytes(rank.gathered()),
                bytes(rank.activations()), bytes(rank.bytes()))));
        return table + "\n";
    }

    private static String time(Forecast forecast) {
        StringBuilder parts = new StringBuilder("opening " + seconds(forecast.openingSeconds()));
        forecast.phases().stream().filter(phase -> phase.seconds() > 0).forEach(phase ->
                parts.append(", ").append(phase.name()).append(' ').append(seconds(phase.seconds())));
        if (forecast.importanceSeconds() > 0) {
            parts.append(", importance ").append(seconds(forecast.importanceSeconds()));
        }
        parts.append(", evaluation ").append(seconds(forecast.evaluationSeconds()));
        if (forecast.disk().seconds() != null && forecast.disk().seconds() >= 1) {
            parts.append(", writing ").append(seconds(forecast.disk().seconds()));
        }
        return "time        about " + seconds(forecast.seconds()) + ": " + parts + "\n";
    }

    private static String seconds(double seconds) {
        return Numbers.clock(seconds);
    }

    private static String bytes(long bytes) {
        return Numbers.large(bytes, "B");
    }
}
