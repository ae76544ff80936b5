package io.ballast.cli;

import io.ballast.InvalidInputException;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** The options of {@code run} that start it on several ranks; they have torchrun's names. */
final class RankOptions {
    static final String PER_NODE = "nproc-per-node";
    private static final String NODES = "nnodes";
    private static final String ENDPOINT = "rdzv-endpoint";
    private static final String JOB = "rdzv-id";
    private static final String JOIN_TIMEOUT = "join-timeout";
    private static final int JOIN_SECONDS = 600;

    private RankOptions() {
    }

    static Options addTo(Options options) {
        return options
                .addOption(CommonOptions.withValue(PER_NODE, "N",
                        "Train on N processes of this machine together, one for each GPU (docs/scaling.md)."))
                .addOption(CommonOptions.withValue(NODES, "N", "Of N machines, on each of which this command is given."))
                .addOption(CommonOptions.withValue(ENDPOINT, "HOST:PORT",
                        "Where several machines meet: one of them, the same on all."))
                .addOption(CommonOptions.withValue(JOB, "NAME", "What these machines call their job; 'ballast' unless"
                        + " it is given."))
                .addOption(CommonOptions.withValue(JOIN_TIMEOUT, "SECONDS",
                        "How long to wait for machines that do not come; " + JOIN_SECONDS + " unless it is given."));
    }

    static boolean isOne(Option option) {
        return addTo(new Options()).hasLongOption(option.getLongOpt());
    }

    static RankLauncher launcher(CommandLine line) {
        int nodes = number(line, NODES, 1);
        String endpoint = line.getOptionValue(ENDPOINT);
        if (nodes > 1 && endpoint == null) {
            throw new InvalidInputException("--" + NODES + " " + nodes + ": expected --" + ENDPOINT
                    + " HOST:PORT beside it, where the machines meet; found none. Name one of them, the same on all.");
        }
        return new RankLauncher(number(line, PER_NODE, 1), nodes, endpoint, line.getOptionValue(JOB, "ballast"),
                number(line, JOIN_TIMEOUT, JOIN_SECONDS));
    }

    private static int number(CommandLine line, String name, int otherwise) {
        String value = line.getOptionValue(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.matches("[1-9]\\d{0,6}")) {
            throw new InvalidInputException("--" + name + ": expected a number of at least 1, found '" + value + "'.");
        }
        return Integer.parseInt(value);
    }
}
