package io.ballast.cli;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.ballast.Ballast;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code ballast methods}: the methods against forgetting, with their settings, what they need, and their papers. */
final class MethodsCommand implements Command {
    @Override
    public String name() {
        return "methods";
    }

    @Override
    public String argument() {
        return "[METHOD]";
    }

    @Override
    public String summary() {
        return "List the methods against forgetting, or say all about one, which may be package.module:ClassName.";
    }

    @Override
    public Options options() {
        return new Options();
    }

    @Override
    public int run(CommandLine line, Output output) {
        try (Ballast ballast = Ballast.open()) {
            if (line.getArgList().isEmpty()) {
                List<Map<String, Object>> methods = ballast.bridge().methods().describeAll();
                output.answer(() -> documentOfAll(methods), () -> MethodText.ofAll(methods));
            } else {
                Map<String, Object> method = ballast.bridge().methods().describe(line.getArgList().get(0), Map.of());
                output.answer(() -> document(method), () -> MethodText.of(method));
            }
        }
        return 0;
    }

    private static String documentOfAll(List<Map<String, Object>> methods) {
        JsonObject document = new JsonObject();
        document.add("methods", new Gson().toJsonTree(methods));
        document.add("settings", MethodSettings.json());
        return Documents.of(document);
    }

    private static String document(Map<String, Object> method) {
        return Documents.of(new Gson().toJsonTree(method));
    }
}
