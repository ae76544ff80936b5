package io.ballast.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An address of a source of one's own, {@code scheme://…}; {@code hf://} is {@link HubAddress}'s. */
public final class SourceAddress {
    /** Two letters at least: {@code C://} is a path. */
    private static final Pattern FORM = Pattern.compile("([a-z][a-z0-9+.-]+)://.*", Pattern.DOTALL);

    private SourceAddress() {
    }

    /**
     * @param path of a data entry, or null
     * @return whether it is such an address
     */
    public static boolean is(String path) {
        return path != null && !HubAddress.is(path) && FORM.matcher(path).matches();
    }

    /**
     * @param address for which {@link #is} holds
     * @return what is before the colon
     */
    public static String scheme(String address) {
        Matcher matcher = FORM.matcher(address);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no address of a source: " + address);
        }
        return matcher.group(1);
    }
}
