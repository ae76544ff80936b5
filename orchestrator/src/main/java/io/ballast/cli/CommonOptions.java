package io.ballast.cli;

import io.ballast.InvalidInputException;
import io.ballast.config.NearestName;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/** The options that every command has, the form of those of its own, and the reading of all. */
final class CommonOptions {
    static final String JSON = "json";
    static final String QUIET = "quiet";
    static final String VERBOSE = "verbose";
    static final String HELP = "help";
    static final String VERSION = "version";

    private CommonOptions() {
    }

    static Options of(Command command) {
        Options options = new Options();
        command.options().getOptions().forEach(options::addOption);
        options.addOption(null, JSON, false, "One JSON document on standard output, and nothing else there.");
        options.addOption("q", QUIET, false, "No progress and no notes.");
        options.addOption("v", VERBOSE, false, "Say more, with stack traces.");
        options.addOption("h", HELP, false, "Say what the command does.");
        options.addOption(null, VERSION, false, "Say which version this is.");
        return options;
    }

    /** An option of a command's own that takes a value, such as {@code --out DIR}. */
    static Option withValue(String name, String value, String meaning) {
        return Option.builder().longOpt(name).hasArg().argName(value).desc(meaning).get();
    }

    /** Whether an option is among the arguments, also when they are too wrong to be parsed. */
    static boolean given(String[] arguments, String name) {
        List<String> forms = switch (name) {
            case HELP, QUIET, VERBOSE -> List.of("--" + name, "-" + name.charAt(0));
            default -> List.of("--" + name);
        };
        return Arrays.stream(arguments).anyMatch(forms::contains);
    }

    static CommandLine parse(Command command, String[] arguments) {
        Options options = of(command);
        try {
            CommandLine line = DefaultParser.builder().setAllowPartialMatching(false)
                    .setStripLeadingAndTrailingQuotes(false).get().parse(options, arguments);
            checkArgument(command, line.getArgList());
            return line;
        } catch (UnrecognizedOptionException e) {
            String name = e.getOption().replaceFirst("^-+", "").replaceFirst("=.*", "");
            List<String> names = options.getOptions().stream().map(Option::getLongOpt).toList();
            throw new InvalidInputException("the command '" + command.name() + "' has no option " + e.getOption()
                    + ". " + NearestName.of(name, names).map(near -> "Did you mean --" + near + "? ").orElse("")
                    + "'ballast " + command.name() + " --help' lists them.", e);
        } catch (ParseException e) {
            throw new InvalidInputException("the command '" + command.name() + "': " + e.getMessage() + ". 'ballast "
                    + command.name() + " --help' says more.", e);
        }
    }

    private static void checkArgument(Command command, List<String> found) {
        List<String> names = Arrays.stream(command.argument().split(" ")).filter(name -> !name.isEmpty()).toList();
        long fewest = names.stream().filter(name -> !name.startsWith("[")).count();
        boolean unbounded = command.argument().endsWith("...");
        if (found.size() < fewest || found.size() > names.size() && !unbounded) {
            throw new InvalidInputException("the command '" + command.name() + "' takes "
                    + (names.isEmpty() ? "no argument" : command.argument()) + "; found "
                    + (found.isEmpty() ? "none" : String.join(" ", found)) + ". 'ballast " + command.name()
                    + " --help' says more.");
        }
    }
}
