/**
 * How code of others is found by Java's {@code ServiceLoader}: {@link io.ballast.RunListener},
 * {@link io.ballast.data.RowSource} and {@link io.ballast.eval.Task}. Code in Python is found by
 * {@code ballast.plugins}; {@link io.ballast.python.PluginCalls} calls it.
 */
package io.ballast.plugin;
