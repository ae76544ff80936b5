package io.ballast;

/**
 * One thing that Ballast needs, and what was found of it.
 *
 * @param name     what it is
 * @param found    whether it is there and does
 * @param version  what was found, or "none"
 * @param path     where, or empty
 * @param expected what is needed
 * @param action   what to do; empty where it was found
 */
public record Finding(String name, boolean found, String version, String path, String expected, String action) {
}
