package io.ballast.eval;

import java.util.List;

/**
 * The items of a task.
 *
 * @param all       in the file's order
 * @param available how many there would be without a limit
 */
public record Items(List<Item> all, int available) {
}
