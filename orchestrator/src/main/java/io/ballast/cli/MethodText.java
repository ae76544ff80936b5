package io.ballast.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Methods against forgetting, for people; each as the bridge describes it. */
final class MethodText {
    private static final int WIDTH = 110;
    private static final int HEAD = 15;
    private static final String INDENTED = "%-" + HEAD + "s";

    private MethodText() {
    }

    static String ofAll(List<Map<String, Object>> methods) {
        StringBuilder text = new StringBuilder();
        for (Map<String, Object> method : methods) {
            line(text, method.get("name").toString(), method.get("summary"));
            line(text, "", facts(method));
            for (Object option : (List<?>) method.get("options")) {
                line(text, "", option((Map<?, ?>) option));
            }
        }
        text.append("""

                With any of them, or in place of one:

                """);
        MethodSettings.beside((key, meaning) -> line(text, key, meaning));
        return text.append("""

                Choose one by "retention": {"method": NAME, "lambda": …, "options": {…}}. 'ballast methods NAME' has the
                formula and all settings. A class of one's own, package.module:ClassName, serves too: docs/python.md.
                """).toString();
    }

    static String of(Map<String, Object> method) {
        StringBuilder text = new StringBuilder();
        line(text, method.get("name").toString(), method.get("summary"));
        Stream.of(method.get("formula").toString().split("\n\n"))
                .forEach(paragraph -> line(text, "", paragraph.replaceAll("\\s+", " ")));
        line(text, "forms", String.join(", ", forms(method)) + byDefault(method));
        line(text, "spaces", ((List<?>) method.get("spaces")).stream().map(Object::toString)
                .collect(Collectors.joining(", ")));
        line(text, "needs", orNothing(method.get("needs")));
        line(text, "paper", orNothing(method.get("paper")));
        List<?> options = (List<?>) method.get("options");
        line(text, "options", options.isEmpty() ? "none" : option((Map<?, ?>) options.get(0)));
        options.stream().skip(1).forEach(option -> line(text, "", option((Map<?, ?>) option)));
        if (method.get("importance") != null) {
            MethodSettings.ofImportance(method.get("importance"), (key, meaning) -> line(text, key, meaning));
        }
        return text.toString();
    }

    private static String facts(Map<String, Object> method) {
        return String.join(", ", forms(method)) + "; needs " + orNothing(method.get("needs"))
                + (method.get("paper").equals("") ? "" : "; " + method.get("paper"));
    }

    /** How it acts, by default the first, each with its λ. */
    private static List<String> forms(Map<String, Object> method) {
        return ((List<?>) method.get("forms")).stream()
                .map(form -> form + " (λ " + plain(((Map<?, ?>) method.get("lambda")).get(form)) + ")").toList();
    }

    private static String byDefault(Map<String, Object> method) {
        List<?> forms = (List<?>) method.get("forms");
        if (forms.size() == 1) {
            return "";
        }
        boolean hangsOnSpace = ((List<?>) method.get("spaces")).contains("effective") && !forms.get(0).equals("gradient");
        return "; by default the first" + (hangsOnSpace ? ", but the gradient in the space effective" : "");
    }

    private static String option(Map<?, ?> option) {
        List<?> choices = (List<?>) option.get("choices");
        String byDefault = plain(option.get("default"));
        return option.get("name") + " = " + (byDefault.isEmpty() ? "\"\"" : byDefault) + ": " + option.get("meaning")
                + (choices.isEmpty() ? "" : " One of " + choices + ".");
    }

    private static String orNothing(Object text) {
        return text.equals("") ? "nothing" : text.toString();
    }

    private static String plain(Object value) {
        return value instanceof Double number && number == Math.rint(number)
                ? String.valueOf(number.longValue()) : String.valueOf(value);
    }

    /** A head in the first column and what is said beside it, in lines of at most {@value #WIDTH} characters. */
    private static void line(StringBuilder text, String head, Object said) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, INDENTED, head));
        if (head.length() >= HEAD) {
            text.append(head).append(System.lineSeparator());
            line = new StringBuilder(String.format(Locale.ROOT, INDENTED, ""));
        }
        for (String word : said.toString().split(" ")) {
            if (line.length() > HEAD && line.length() + word.length() >= WIDTH) {
                text.append(line.toString().stripTrailing()).append(System.lineSeparator());
                line = new StringBuilder(String.format(Locale.ROOT, INDENTED, ""));
            }
            line.append(word).append(' ');
        }
        text.append(line.toString().stripTrailing()).append(System.lineSeparator());
    }
}
