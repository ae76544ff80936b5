package io.ballast.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PageTest {
    @Test
    void thePolicyNamesTheHashesOfExactlyTheScriptsOfThePage() throws Exception {
        String page = Page.of("{}");
        Matcher scripts = Pattern.compile("(?s)<script>(.*?)</script>").matcher(page);
        StringBuilder allowed = new StringBuilder("script-src");
        while (scripts.find()) {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(scripts.group(1).getBytes(StandardCharsets.UTF_8));
            allowed.append(" 'sha256-").append(Base64.getEncoder().encodeToString(hash)).append('\'');
        }
        assertTrue(page.contains("default-src 'none'; " + allowed + ";"), allowed.toString());
    }

    @Test
    void placeholdersInTheDataStayText() {
        String page = Page.of("{\"name\": \"{{style}} {{script}} $1 \\\\\"}");
        assertTrue(page.contains("{\"name\": \"{{style}} {{script}} $1 \\\\\"}"));
    }

    @Test
    void nothingIsLoadedFromOutsideThePage() {
        String page = Page.of("{}");
        Pattern reference = Pattern.compile("(?i)<[^>]*\\s(src|href|srcset|action|data)\\s*=|@import|url\\(\\s*['\"]?(?!data:)");
        String withoutCharts = page.replaceAll("(?s)<script>\\s*/\\*.*?</script>", "");
        assertEquals(List.of(), reference.matcher(withoutCharts).results().map(found -> found.group()).toList());
        assertTrue(withoutCharts.length() < page.length() - 500_000, "the charts' library was taken out");
    }
}
