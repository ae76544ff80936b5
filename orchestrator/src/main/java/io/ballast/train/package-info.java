/** A run from top to bottom: the phases, the stages between them, and the run folder. */
package io.ballast.train;
