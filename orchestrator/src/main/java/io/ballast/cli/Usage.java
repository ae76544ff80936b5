package io.ballast.cli;

import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Option;

/** What {@code --help} says. */
final class Usage {
    private Usage() {
    }

    static String ofAll() {
        StringBuilder text = new StringBuilder("""
                Ballast fine-tunes a causal language model on a new domain and keeps what it knows.

                Usage: ballast COMMAND [OPTIONS]

                Commands
                """);
        Commands.OF_THE_LAUNCHER.forEach((name, summary) -> text.append(line(name, summary)));
        for (Command command : Commands.all()) {
            text.append(line((command.name() + " " + command.argument()).strip(), command.summary()));
        }
        return text.append("""

                Every command has --quiet, --verbose, --help and --version, and all but setup --json.
                'ballast COMMAND --help' lists the options of one command.

                Exit codes: 0 done, 2 wrong input, 3 incomplete environment, 4 training failed,
                5 stopped, 1 a bug in Ballast.
                """).toString();
    }

    static String of(Command command) {
        StringBuilder text = new StringBuilder(command.summary()).append("\n\nUsage: ballast ").append(command.name())
                .append(command.argument().isEmpty() ? "" : " " + command.argument()).append(" [OPTIONS]\n\nOptions\n");
        List<Option> options = CommonOptions.of(command).getOptions().stream().toList();
        for (Option option : options) {
            text.append(line("--" + option.getLongOpt() + (option.hasArg() ? " " + option.getArgName() : ""),
                    option.getDescription()));
        }
        return text.toString();
    }

    private static String line(String name, String meaning) {
        return String.format(Locale.ROOT, "  %-22s %s%n", name, meaning);
    }
}
