package io.ballast.report;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * A model card in its two parts.
 *
 * @param head its YAML, empty where it has none that can be read
 * @param body its Markdown
 */
record CardText(Map<String, Object> head, String body) {
    private static final Pattern PARTS = Pattern.compile("\\A---\\R(.*?\\R)---\\R+(.*)\\z", Pattern.DOTALL);

    static CardText of(String text) {
        Matcher parts = PARTS.matcher(text);
        return parts.matches() ? new CardText(yaml(parts.group(1)), parts.group(2)) : new CardText(Map.of(), text);
    }

    /** @return the card without a section of the second level and what is below it */
    CardText without(String heading) {
        return new CardText(head, Pattern.compile("^## " + Pattern.quote(heading) + "\\R.*?(?=^## |\\z)",
                Pattern.DOTALL | Pattern.MULTILINE).matcher(body).replaceAll(""));
    }

    private static Map<String, Object> yaml(String text) {
        Map<String, Object> head = new LinkedHashMap<>();
        try {
            if (new Load(LoadSettings.builder().build()).loadFromString(text) instanceof Map<?, ?> map) {
                map.forEach((key, value) -> head.put(String.valueOf(key), value));
            }
        } catch (YamlEngineException | NumberFormatException | IndexOutOfBoundsException
                | StackOverflowError broken) { // the engine has no limit of nesting, and trips over escapes
            return Map.of(); // Somebody else's card: an export does not end at it.
        }
        return head;
    }
}
