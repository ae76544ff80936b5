package io.ballast.eval;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.Map;

/**
 * What a task's file says, as {@code ballast.tasks} reads it. The names are lm-eval's in Java's spelling.
 *
 * @param task            its name
 * @param outputType      multiple_choice, loglikelihood, loglikelihood_rolling or generate_until
 * @param version         a number, or "Yaml" for a task without one
 * @param shots           examples before each question, or null where the file leaves it open
 * @param dataset         where the rows come from, if nobody says otherwise
 * @param splits          names of the data set's parts
 * @param fewshotSamplesInline whether the examples stand in the file itself
 * @param metrics         what is reported
 * @param leftOut         metrics that are not, and why
 * @param generation      how answers are generated, or null
 * @param scoredInPython  whether answers are scored by the task's own code or are texts
 * @param config          the whole file, for the results
 */
record TaskFacts(String task, String outputType, JsonPrimitive version, Integer shots, Dataset dataset, Splits splits,
        boolean fewshotSamplesInline, List<FileMetric> metrics, List<LeftOut> leftOut,
        JsonElement generation, boolean scoredInPython, JsonObject config) {

    /**
     * @param path      json, csv, parquet or a repository of the hub
     * @param dataFiles absolute paths by split, or null
     * @param options   further arguments of {@code datasets.load_dataset}
     */
    record Dataset(String path, Map<String, List<String>> dataFiles, Map<String, Object> options) {
    }

    /**
     * @param test    what is asked about
     * @param fewshot what examples are drawn from, or null
     */
    record Splits(String test, String fewshot) {
    }

    /**
     * A metric that is not reported.
     *
     * @param metric its name
     * @param reason why
     */
    record LeftOut(String metric, String reason) {
    }

    /**
     * @param metric         its name
     * @param filter         what answers pass first, or "none"
     * @param aggregation    lm-eval's name of it
     * @param higherIsBetter whether a larger value is a better model
     */
    record FileMetric(String metric, String filter, String aggregation, boolean higherIsBetter) {
        Metric toMetric() {
            return new Metric(filter.equals(Metric.NO_FILTER) ? metric : metric + "," + filter,
                    Aggregation.named(aggregation), higherIsBetter);
        }
    }

    boolean isMultipleChoice() {
        return outputType.equals("multiple_choice");
    }

    boolean isRolling() {
        return outputType.equals("loglikelihood_rolling");
    }

    boolean isGenerated() {
        return outputType.equals("generate_until");
    }
}
