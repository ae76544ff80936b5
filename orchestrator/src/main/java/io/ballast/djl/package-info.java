/**
 * Ballast in the Deep Java Library's form: addresses of the Hugging Face hub, {@code hf://org/name@revision}, for all that
 * DJL loads.
 *
 * <p>DJL finds what is here by itself, and nothing is loaded before a model is asked for: neither Python nor a library.
 * Python is that of the {@link io.ballast.Ballast} which the application has open; where it has none, DJL opens one, which
 * closes with the last DJL model or download that needs it.
 */
package io.ballast.djl;
