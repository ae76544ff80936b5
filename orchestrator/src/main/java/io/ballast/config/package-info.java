/**
 * Experiments as files. The records state every key once, with {@link io.ballast.config.Setting}:
 * reading, writing, the JSON Schema and the messages about mistakes are made from them.
 * {@link io.ballast.config.ExperimentReader} reads, {@link io.ballast.config.ExperimentCheck} looks
 * at the files that an experiment names.
 */
package io.ballast.config;
