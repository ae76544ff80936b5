package io.ballast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The Java code on a page of the documentation, held against the test that runs it. */
public final class PageCode {
    private static final Path HOME = Path.of(System.getProperty("ballast.home"));
    private static final Pattern CODE = Pattern.compile("(?s)```java\n(.*?)```");

    private PageCode() {
    }

    /**
     * Fails unless every block of the page stands in the test, indents and the test's assertions aside.
     *
     * @param page   such as docs/java.md
     * @param blocks how many the page has
     * @param test   that runs them
     * @param others programs that tests of their own run, from the repository's root
     * @throws IOException when one of them cannot be read
     */
    public static void assertTested(String page, int blocks, Class<?> test, String... others) throws IOException {
        StringBuilder code = new StringBuilder(Files.readString(HOME.resolve("orchestrator/src/test/java/"
                + test.getName().replace('.', '/') + ".java")));
        for (String other : others) {
            code.append(Files.readString(HOME.resolve(other)));
        }
        String tested = withoutIndents(code.toString()).replaceAll("\nassert.*?;(?=\n)", "");
        List<String> found = CODE.matcher(Files.readString(HOME.resolve(page))).results()
                .map(block -> withoutIndents(block.group(1))).toList();
        assertEquals(blocks, found.size());
        found.forEach(block -> assertTrue(tested.contains(block), block));
    }

    private static String withoutIndents(String code) {
        return code.replaceAll("(?m)^ +", "");
    }
}
