package io.ballast.cli;

import static io.ballast.cli.CommonOptions.withValue;

import com.google.gson.JsonObject;
import io.ballast.Ballast;
import io.ballast.InvalidInputException;
import io.ballast.train.Softening;
import java.nio.file.Path;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code ballast soften}: moves the model of a finished run part of its way back. */
final class SoftenCommand implements Command {
    private static final String METHOD = "method";
    private static final String STRENGTH = "strength";
    private static final String OUT = "out";

    @Override
    public String name() {
        return "soften";
    }

    @Override
    public String argument() {
        return "RUN_FOLDER";
    }

    @Override
    public String summary() {
        return "Move a run's model part of its way back, so that it forgets less, without training again.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(withValue(METHOD, "METHOD", "wise-ft, lines or shrink."))
                .addOption(withValue(STRENGTH, "K", "wise-ft, lines: 0 (base model) to 1 (trained model); shrink: 0"
                        + " (trained model) and up."))
                .addOption(withValue(OUT, "DIR", "Where the softened model goes: a new or empty folder."));
    }

    @Override
    public int run(CommandLine line, Output output) {
        Path out = ExperimentArgument.path(given(line, OUT));
        Softening softening = Softening.of(ExperimentArgument.path(line.getArgList().get(0)), given(line, METHOD),
                given(line, STRENGTH), out);
        try (Ballast ballast = Ballast.open()) {
            softening.run(ballast.bridge());
        }
        output.answer(() -> document(line, out), () -> "softened model  " + out
                + "\n'ballast eval " + out + " --tasks …' scores it.");
        return 0;
    }

    private static String given(CommandLine line, String option) {
        if (!line.hasOption(option)) {
            throw new InvalidInputException("the command 'soften' needs --" + option
                    + ", which is missing. 'ballast soften --help' says more.");
        }
        return line.getOptionValue(option);
    }

    private static String document(CommandLine line, Path out) {
        JsonObject document = new JsonObject();
        document.addProperty("run", line.getArgList().get(0));
        document.addProperty(METHOD, line.getOptionValue(METHOD));
        document.addProperty(STRENGTH, Double.valueOf(line.getOptionValue(STRENGTH)));
        document.addProperty("model", out.toString());
        return Documents.of(document);
    }
}
