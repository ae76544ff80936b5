package io.ballast.cli;

import static io.ballast.cli.CommonOptions.withValue;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.ballast.Ballast;
import io.ballast.InvalidInputException;
import io.ballast.export.Export;
import io.ballast.export.ExportRequest;
import io.ballast.export.Exported;
import io.ballast.export.ExportedFile;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code ballast export}: a trained model in a form that other programs read. */
final class ExportCommand implements Command {
    private static final String FORMAT = "format";
    private static final String OUT = "out";
    private static final String DTYPE = "dtype";
    private static final String MAX_SHARD_SIZE = "max-shard-size";
    private static final Gson GSON = new GsonBuilder().serializeNulls().serializeSpecialFloatingPointValues().create();
    private static final double BYTES_IN_A_MEGABYTE = 1e6;

    @Override
    public String name() {
        return "export";
    }

    @Override
    public String argument() {
        return "RUN_OR_MODEL";
    }

    @Override
    public String summary() {
        return "Write a model as a PEFT adapter, a merged checkpoint or an ONNX graph that says the same.";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(withValue(FORMAT, "FORMAT", "adapter (as PEFT reads it), merged (a whole checkpoint, an"
                        + " adapter folded in) or onnx (served without Python)."))
                .addOption(withValue(OUT, "DIR", "Where it goes: a new or empty folder."))
                .addOption(withValue(DTYPE, "DTYPE", "float32, bfloat16 or float16; an adapter keeps its own."))
                .addOption(withValue(MAX_SHARD_SIZE, "SIZE", "Most bytes of a merged model's weight file, as 2GB."));
    }

    @Override
    public int run(CommandLine line, Output output) {
        ExportRequest request = ExportRequest.of(given(line, FORMAT), ExperimentArgument.path(given(line, OUT)),
                line.getOptionValue(DTYPE), line.getOptionValue(MAX_SHARD_SIZE));
        Export export = Export.of(line.getArgList().get(0), request);
        try (Ballast ballast = Ballast.open()) {
            Exported exported = export.run(ballast.bridge());
            output.answer(() -> document(exported), () -> text(exported));
        }
        return 0;
    }

    private static String given(CommandLine line, String option) {
        if (!line.hasOption(option)) {
            throw new InvalidInputException("the command 'export' needs --" + option
                    + ", which is missing. 'ballast export --help' says more.");
        }
        return line.getOptionValue(option);
    }

    private static String document(Exported exported) {
        JsonObject document = GSON.toJsonTree(exported.toMap()).getAsJsonObject();
        document.addProperty("folder", exported.folder().toString());
        return Documents.of(document);
    }

    private static String text(Exported exported) {
        long bytes = exported.files().stream().mapToLong(ExportedFile::bytes).sum();
        return String.format(Locale.ROOT, "exported  %s  (%d files, %.1f MB)%n%s%n", exported.folder(),
                exported.files().size(), bytes / BYTES_IN_A_MEGABYTE, exported.comparison().sentence());
    }
}
