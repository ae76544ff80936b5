/**
 * What a run leaves in its folder, read into records: the twin of Python's {@code ballast.artifacts}. A later version
 * may write more keys, which are passed over, and reads what this one wrote.
 */
package io.ballast.artifacts;
