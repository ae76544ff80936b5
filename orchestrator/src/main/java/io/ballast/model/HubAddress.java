package io.ballast.model;

import io.ballast.InvalidInputException;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code hf://org/name@revision} for a model, {@code hf://datasets/org/name@revision/path/in/it} for a
 * data file.
 *
 * @param repository org/name, or a bare name
 * @param revision   branch, tag or commit, or null for the default branch
 * @param file       path inside a data set, or null for a model
 */
public record HubAddress(String repository, String revision, String file) {
    private static final String PREFIX = "hf://";
    private static final Pattern MODEL = Pattern.compile("hf://((?:[\\w.-]+/)?[\\w.-]+)(?:@([^/@]+))?");
    private static final Pattern FILE =
            Pattern.compile("hf://datasets/([\\w.-]+/[\\w.-]+)(?:@([^/@]+))?/([^@]+)");

    /**
     * Whether a text is meant as a hub address.
     *
     * @param text a path or an address
     * @return whether it begins with {@code hf://}
     */
    public static boolean is(String text) {
        return text.startsWith(PREFIX);
    }

    /**
     * Parses the address of a model.
     *
     * @param text hf://org/name@revision
     * @return its parts
     * @throws InvalidInputException when it is not one
     */
    public static HubAddress model(String text) {
        Matcher matcher = MODEL.matcher(text);
        if (!matcher.matches()) {
            throw new InvalidInputException("Expected a model as hf://org/name or hf://org/name@revision; found "
                    + text + ".");
        }
        return new HubAddress(matcher.group(1), matcher.group(2), null);
    }

    /**
     * Parses the address of a data file.
     *
     * @param text hf://datasets/org/name@revision/path
     * @return its parts
     * @throws InvalidInputException when it is not one
     */
    public static HubAddress dataFile(String text) {
        Matcher matcher = FILE.matcher(text);
        if (!matcher.matches()) {
            throw new InvalidInputException("Expected a data file as hf://datasets/org/name/path/in/the/repository;"
                    + " found " + text + ".");
        }
        return new HubAddress(matcher.group(1), matcher.group(2), matcher.group(3));
    }
}
