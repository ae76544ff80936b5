/**
 * Ballast in the Deep Java Library's form: an engine for causal language models, and addresses of the Hugging Face hub,
 * {@code hf://org/name@revision}.
 *
 * <p>DJL finds what is here by itself, and nothing is loaded before a model is asked for: neither Python nor a library.
 * Python is that of the {@link io.ballast.Ballast} which the application has open; where it has none, DJL opens one,
 * which closes with the last DJL model or download that needs it.
 *
 * <p>Threads: a model may be used by many, with a predictor each, as DJL says; their requests are let in as
 * {@link io.ballast.Ballast.Builder} says.
 */
package io.ballast.djl;
