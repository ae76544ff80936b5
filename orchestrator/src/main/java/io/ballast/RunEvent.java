package io.ballast;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.ToNumberPolicy;
import com.google.gson.reflect.TypeToken;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Something that happened in a run; a line of {@code events.jsonl}.
 *
 * @param time   when
 * @param type   started, phase, step, stage, scoring, writing, scores, warning, finished and others;
 *               a later version may have more
 * @param phase  general, a domain's name, or the stage's name; empty outside of one
 * @param step   1-based optimizer step; items scored, for {@code scoring}; steps made before, for {@code phase}; 0 outside
 *               of a phase
 * @param fields what else there is to say: for {@code step} its loss (nats per token), penalty, learningRate, gradientNorm and
 *               tokensPerSecond; {@code ballast schema events} has those of each type
 */
public record RunEvent(Instant time, String type, String phase, long step, Map<String, Object> fields) {
    /** Name of the file in a run folder. */
    public static final String FILE = "events.jsonl";

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeSpecialFloatingPointValues()
            .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).create();

    /** JSON has no numbers that are not finite: Gson writes them bare, and reads them as texts. */
    private static final Pattern QUOTES_AND_NOT_FINITE = Pattern.compile("\\\\.|\"|-?Infinity|NaN");
    private static final char NOT_FINITE = '\0';

    /** @return the event as a line of {@code events.jsonl} has it, without the line's end */
    public String toJson() {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("time", time.toString());
        line.put("type", type);
        line.put("phase", phase);
        line.put("step", step);
        line.putAll(fields);
        return GSON.toJson(line);
    }

    /**
     * Reads a line of {@code events.jsonl}.
     *
     * @param line as {@link #toJson()} makes it
     * @return the event; its fields are texts, longs, doubles (NaN and infinities too), truth values, lists and maps
     * @throws JsonParseException when it is no event
     */
    public static RunEvent parse(String line) {
        if (!(JsonParser.parseString(marked(line)) instanceof JsonObject object)) {
            throw new JsonParseException("no object");
        }
        try {
            Map<String, Object> fields = GSON.fromJson(object,
                    new TypeToken<LinkedHashMap<String, Object>>() { }.getType());
            fields.replaceAll((name, value) -> unmarked(value));
            if (fields.remove("time") instanceof String time && fields.remove("type") instanceof String type
                    && fields.remove("phase") instanceof String phase && fields.remove("step") instanceof Number step) {
                return new RunEvent(Instant.parse(time), type, phase, step.longValue(), fields);
            }
        } catch (NumberFormatException | DateTimeParseException broken) {
            throw new JsonParseException(broken.getMessage(), broken);
        }
        throw new JsonParseException("no object with a time, a type, a phase and a step");
    }

    private static String marked(String line) {
        AtomicBoolean inText = new AtomicBoolean();
        return QUOTES_AND_NOT_FINITE.matcher(line).replaceAll(found -> {
            String token = found.group();
            if (token.equals("\"")) {
                inText.set(!inText.get());
            }
            boolean isNumber = !inText.get() && (token.endsWith("N") || token.endsWith("y"));
            return Matcher.quoteReplacement(isNumber ? "\"\\u0000" + token + "\"" : token);
        });
    }

    private static Object unmarked(Object value) {
        if (value instanceof String text && text.indexOf(NOT_FINITE) == 0) {
            return Double.valueOf(text.substring(1));
        }
        if (value instanceof List<?> list) {
            return list.stream().map(RunEvent::unmarked).collect(Collectors.toCollection(ArrayList::new));
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>(map);
            copy.replaceAll((name, each) -> unmarked(each));
            return copy;
        }
        return value;
    }
}
