package io.ballast.data;

import io.ballast.InvalidInputException;

/**
 * What became of a row.
 *
 * @param example its tokens, or null if its prompt leaves no room for its completion
 * @param lost    then: the message that names file and line
 */
record EncodedRow(Example example, InvalidInputException lost) {
}
