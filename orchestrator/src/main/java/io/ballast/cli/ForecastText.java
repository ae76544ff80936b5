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
        TextTable table = new TextTable("memory on " + forecast.device(), "program", "weights", "optimizer", "retention",
                "step", "at most", "");
        for (Forecast.Phase phase : forecast.phases()) {
            table.row(List.of(phase.name(), bytes(forecast.programBytes()), bytes(phase.weights()),
                    bytes(phase.optimizer()), bytes(phase.retention()), bytes(phase.step()),
                    bytes(forecast.programBytes() + phase.bytes()), phase.steps() + " steps of " + phase.rows() + " × "
                            + phase.longestRow() + " tokens"));
        }
        text.append(table);
        if (!forecast.fits()) {
            text.append("This does not fit: ").append(bytes(forecast.availableBytes())).append(" are free. ")
                    .append(forecast.advice().isEmpty() ? "Take a smaller model or another machine."
                            : "It fits with " + String.join("; or with ", forecast.advice()) + ".").append('\n');
        }
        return text.toString();
    }

    private static String bytes(long bytes) {
        return Numbers.large(bytes, "B");
    }
}
