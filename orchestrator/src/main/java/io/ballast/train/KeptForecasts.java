package io.ballast.train;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.ballast.config.ExperimentConfig;
import io.ballast.config.ExperimentWriter;
import io.ballast.data.CacheFolder;
import io.ballast.data.Sha256;
import io.ballast.data.WholeFiles;
import io.ballast.schema.JsonRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What was foreseen of experiments on this machine, so that a run's report can show it beside what came. */
public final class KeptForecasts {
    private static final Gson GSON = new Gson();
    /** What earlier versions kept has other parts, and is not looked for. */
    private static final String FORMAT = "format 2";

    private KeptForecasts() {
    }

    /**
     * Keeps a forecast for the experiment's next runs.
     *
     * @param config   the experiment
     * @param forecast of it
     */
    public static void keep(ExperimentConfig config, Forecast forecast) {
        Path file = file(config);
        try {
            Files.createDirectories(file.getParent());
            WholeFiles.write(file, GSON.toJson(forecast));
        } catch (IOException e) {
            throw new UncheckedIOException("could not write " + file, e);
        }
    }

    /** What was foreseen of this very experiment; empty where nothing was, or another version of Ballast wrote it. */
    static Optional<Forecast> of(ExperimentConfig config) {
        try {
            return Optional.of(JsonRecord.parse(GSON, Files.readString(file(config)), Forecast.class));
        } catch (IOException | JsonParseException none) {
            return Optional.empty();
        }
    }

    private static Path file(ExperimentConfig config) {
        JsonObject tree = ExperimentWriter.toTree(config);
        tree.remove("output");
        return CacheFolder.of("forecasts").resolve(new Sha256().text(FORMAT).text(tree.toString()).hex() + ".json");
    }
}
