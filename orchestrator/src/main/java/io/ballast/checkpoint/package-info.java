/** Where a run stands, on disk: checkpoints that are whole or told to be damaged, and the lock of a run folder. */
package io.ballast.checkpoint;
