/**
 * The command line: {@link io.ballast.cli.Main} chooses a {@link io.ballast.cli.Command}, and turns
 * what it throws into a message and an exit code. The launcher answers {@code setup} and
 * {@code doctor} by itself, because they work before there is a class to load.
 */
package io.ballast.cli;
