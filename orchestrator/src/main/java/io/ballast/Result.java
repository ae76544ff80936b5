package io.ballast;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.ToNumberPolicy;
import io.ballast.compare.CalibrationChange;
import io.ballast.compare.ScoreChange;
import io.ballast.compare.SubjectChange;
import io.ballast.eval.Score;
import io.ballast.eval.TrainTestMatrix;
import io.ballast.schema.JsonRecord;
import io.ballast.schema.MayBeAbsent;
import io.ballast.train.Forecast;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What came out of a run: {@code result.json}, schema 1.
 *
 * @param schema      1
 * @param name        of the experiment
 * @param status      completed, stopped or failed
 * @param message     why a run failed or stopped, or null
 * @param started     ISO 8601, UTC
 * @param finished    ISO 8601, UTC
 * @param environment versions, device and hashes that the run depended on
 * @param scores      every score of every stage
 * @param groups      scores of groups of tasks, made of their tasks' scores
 * @param forgetting  what became of each general score between base and end, with what of it is noise: Holm's correction
 *                    is over all of these
 * @param learned     the same of each domain score, corrected among themselves
 * @param calibration how sure the model is of its answers to multiple-choice items, before and after
 * @param subjects    right answers before and after by subject, of tasks whose rows name one
 * @param matrices    of several domains: what each score was after each of them; none for a single domain
 * @param phases      the phases that ran
 * @param importance  what the importance measurement found and cost, or null
 * @param forecast    what {@code ballast validate} foresaw of this experiment, or null where it was not asked
 * @param diskBytes   of the run folder, the report left out; null in a result of an earlier version
 * @param artifacts   relative paths of what the run left, by kind
 */
public record Result(int schema, String name, String status, @MayBeAbsent String message, String started,
        String finished, Map<String, Object> environment, List<Score> scores, @MayBeAbsent List<Score> groups,
        List<ScoreChange> forgetting, @MayBeAbsent List<ScoreChange> learned,
        @MayBeAbsent List<CalibrationChange> calibration, @MayBeAbsent List<SubjectChange> subjects,
        @MayBeAbsent List<TrainTestMatrix> matrices, List<Phase> phases, @MayBeAbsent Importance importance,
        @MayBeAbsent Forecast forecast, Long diskBytes, Map<String, String> artifacts) {
    /** The number of what this version writes and reads. */
    public static final int SCHEMA = 1;


    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping()
            .serializeSpecialFloatingPointValues().setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).create();

    /**
     * Scores of groups of tasks.
     *
     * @return a line for each group, metric and stage; none in a result of an earlier version
     */
    @Override
    public List<Score> groups() {
        return groups == null ? List.of() : groups;
    }

    /**
     * What became of each domain score.
     *
     * @return a line for each; none in a result of an earlier version
     */
    @Override
    public List<ScoreChange> learned() {
        return learned == null ? List.of() : learned;
    }

    /**
     * How sure the model is of its answers.
     *
     * @return two lines for each multiple-choice task; none in a result of an earlier version
     */
    @Override
    public List<CalibrationChange> calibration() {
        return calibration == null ? List.of() : calibration;
    }

    /**
     * Right answers by subject.
     *
     * @return a line for each subject of a task; none in a result of an earlier version
     */
    @Override
    public List<SubjectChange> subjects() {
        return subjects == null ? List.of() : subjects;
    }

    /**
     * What several domains did to one another.
     *
     * @return a matrix for each metric; none for a single domain, and none in a result of an earlier version
     */
    @Override
    public List<TrainTestMatrix> matrices() {
        return matrices == null ? List.of() : matrices;
    }

    /** Name of the file in a run folder. */
    public static final String FILE = "result.json";

    /**
     * One phase of training.
     *
     * @param name            general, or the domain's name
     * @param steps           optimizer steps done
     * @param tokens          positions that went through the model
     * @param seconds         wall time of the steps
     * @param tokensPerSecond tokens over seconds
     * @param peakMemoryBytes largest memory of the device, or of the process on a CPU
     * @param firstLoss       mean loss of the first logging interval, nats per token
     * @param lastLoss        mean loss of the last logging interval, nats per token
     * @param waitShare       share of the time that training waited for data
     * @param reducedBatchSize rows computed at once where the device had no room for a whole batch; else null
     */
    public record Phase(String name, long steps, long tokens, double seconds, double tokensPerSecond,
            long peakMemoryBytes, double firstLoss, double lastLoss, double waitShare,
            @MayBeAbsent Integer reducedBatchSize) {
    }

    /**
     * What the importance measurement found and cost.
     *
     * @param method       how importance was measured
     * @param secondsAdded time to measure importance beside the steps of the general phase: after it, and within it on
     *                     batches of its own ({@code importance.gradient: independent}; on a GPU, which computes them
     *                     later, that of handing them over). What a path integral or the Riemannian walk takes of each
     *                     step is not told apart from the step
     * @param bytes        of the anchor as stored: Ω, and θ* unless that is the base
     * @param importanceBytes of Ω as stored; null in a result of an earlier version, as the next two
     * @param modelBytes   of the model's parameters
     * @param storage      how Ω is stored, as the experiment's {@code importance.storage} has it
     * @param storageError Σ|Ω̂ − Ω| / ΣΩ of what is read back from that, which is what the domain phase is held by
     * @param sumOmega     Σω, the loss that the path integral says was gained; null for another method
     * @param lossGained   the loss that some of the general phase's own rows gained, nats per token: a twentieth of its
     *                       batches, about 128 rows at most, one batch at least
     * @param clampedShare share of parameters whose ω was negative; null for another method
     * @param xi           ξ that was used; null for another method
     * @param samples      documents that the others are the mean of; null for a path integral
     * @param alphaEntropy entropy of α, nats
     * @param layers       the layers
     */
    public record Importance(String method, double secondsAdded, long bytes, Long importanceBytes, long modelBytes,
            @MayBeAbsent String storage, Double storageError, Double sumOmega, double lossGained, Double clampedShare,
            Double xi, Long samples, double alphaEntropy, List<Layer> layers) {
    }

    /**
     * A layer's importance.
     *
     * @param name       of the layer
     * @param parameters how many it has
     * @param norm       ‖Ω‖₂
     * @param rms        ‖Ω‖₂ / √parameters
     * @param alpha      its coefficient
     */
    public record Layer(String name, long parameters, double norm, double rms, double alpha) {
    }

    /** @return the result as {@code result.json} has it */
    public String toJson() {
        return GSON.toJson(this);
    }

    /**
     * Reads a result.
     *
     * @param runFolder the run's folder
     * @return its result
     * @throws InvalidInputException when there is none, or none of schema 1
     */
    public static Result read(Path runFolder) {
        Path file = runFolder.resolve(FILE);
        try {
            String text = Files.readString(file);
            JsonRecord.checkSchema(GSON, text, SCHEMA);
            return JsonRecord.parse(GSON, text, Result.class);
        } catch (IOException e) {
            throw new InvalidInputException("Expected a run folder with " + FILE + "; found none at " + file + ".", e);
        } catch (JsonParseException e) {
            throw new InvalidInputException("Expected a result of schema " + SCHEMA + " in " + file + "; found "
                    + e.getMessage() + ".", e);
        }
    }
}
