package io.ballast.cli;

import io.ballast.InvalidInputException;
import io.ballast.config.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The commands by name. A command's class is loaded when it is asked for, and not before. */
final class Commands {
    /** Answered by the launcher. */
    static final Map<String, String> OF_THE_LAUNCHER = new LinkedHashMap<>();

    private static final Map<String, Supplier<Command>> BY_NAME = new LinkedHashMap<>();

    static {
        OF_THE_LAUNCHER.put("setup", "Make the Python environment and build everything; goes on where it stopped.");
        OF_THE_LAUNCHER.put("doctor", "Say what was found on this machine, and what to do about what is missing.");
        BY_NAME.put("demo", DemoCommand::new);
        BY_NAME.put("run", RunCommand::new);
        BY_NAME.put("validate", ValidateCommand::new);
        BY_NAME.put("schema", SchemaCommand::new);
        BY_NAME.put("eval", EvalCommand::new);
        BY_NAME.put("compare", CompareCommand::new);
        BY_NAME.put("bench", BenchCommand::new);
        BY_NAME.put("soften", SoftenCommand::new);
        BY_NAME.put("export", ExportCommand::new);
        BY_NAME.put("inspect", InspectCommand::new);
        BY_NAME.put("merge-anchors", MergeAnchorsCommand::new);
        BY_NAME.put("methods", MethodsCommand::new);
        BY_NAME.put("study", StudyCommand::new);
    }

    private Commands() {
    }

    static List<Command> all() {
        return BY_NAME.values().stream().map(Supplier::get).toList();
    }

    static Command named(String name) {
        if (OF_THE_LAUNCHER.containsKey(name)) {
            throw new InvalidInputException("the command '" + name + "' is answered by the launcher. Run ./ballast "
                    + name + ".");
        }
        Supplier<Command> command = BY_NAME.get(name);
        if (command == null) {
            List<String> names = new ArrayList<>(OF_THE_LAUNCHER.keySet());
            names.addAll(BY_NAME.keySet());
            throw new InvalidInputException("expected a command, found '" + name + "'. "
                    + NearestName.advice(name, names));
        }
        return command.get();
    }
}
