/**
 * JSON Schemas of what a run leaves: made from the records that Java reads it into, so that nothing is stated twice.
 * The schema of an experiment, whose keys have meanings and bounds, is {@link io.ballast.config.ExperimentSchema}'s.
 */
package io.ballast.schema;
