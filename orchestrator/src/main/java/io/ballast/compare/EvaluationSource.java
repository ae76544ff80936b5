package io.ballast.compare;

/**
 * Which evaluation was compared.
 *
 * @param path    the folder that was given
 * @param stage   of a run folder, else null
 * @param model   what the results file calls the model, or null
 * @param results the results file
 */
public record EvaluationSource(String path, String stage, String model, String results) {
}
