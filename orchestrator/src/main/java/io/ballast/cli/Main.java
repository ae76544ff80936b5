package io.ballast.cli;

import io.ballast.BallastException;
import io.ballast.RankLostException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import org.apache.commons.cli.CommandLine;

/** The command line's start: chooses the command, and is the one place that makes exit codes. */
public final class Main {
    private static final int DONE = 0;
    private static final int BUG = 1;
    private static final int WRONG_INPUT = 2;

    private Main() {
    }

    /**
     * Runs a command and ends the process with its exit code.
     *
     * @param arguments the command and its options
     */
    public static void main(String[] arguments) {
        RankProcess rank = RankProcess.current();
        if (!rank.isFirst()) {
            Logging.keepFor(rank);
        }
        PrintStream out = rank.isFirst() ? System.out : new PrintStream(OutputStream.nullOutputStream());
        System.setOut(System.err); // whatever a library prints must not get between a reader and its JSON
        int code = run(arguments, new Output(out, System.err, Boolean.getBoolean("ballast.terminal"), arguments));
        Interruption.commandEnded(code);
        System.exit(code);
    }

    /** Runs a command; says on {@code output} whatever there is to say. */
    static int run(String[] arguments, Output output) {
        try {
            return dispatch(arguments, output);
        } catch (BallastException e) {
            output.warn("ballast: " + e.getMessage());
            if (output.isVerbose()) {
                output.warn(stackTrace(e));
            }
            if (!(e instanceof RankLostException)) { // the one that was lost knows why
                RankProcess.current().failed(e.exitCode(), e.getMessage());
            }
            return failed(e.exitCode(), e.getMessage(), output);
        } catch (Throwable e) {
            output.warn("This is a bug in Ballast. Please report it with the lines below and the output of"
                    + " './ballast doctor'.\n" + stackTrace(e));
            RankProcess.current().failed(BUG, "this is a bug in Ballast: " + stackTrace(e));
            return failed(BUG, e.toString(), output);
        }
    }

    private static int dispatch(String[] arguments, Output output) {
        if (CommonOptions.given(arguments, CommonOptions.VERSION)) {
            output.answer(() -> "{\"version\": \"" + version() + "\"}", () -> "ballast " + version());
            return DONE;
        }
        String name = Arrays.stream(arguments).filter(argument -> !argument.startsWith("-")).findFirst().orElse("");
        boolean help = CommonOptions.given(arguments, CommonOptions.HELP);
        if (name.isEmpty() && !help) {
            output.warn(Usage.ofAll());
            return WRONG_INPUT;
        }
        if (name.isEmpty() || name.equals(CommonOptions.HELP)) {
            output.answer(() -> Documents.text("help", Usage.ofAll()), Usage::ofAll);
            return DONE;
        }
        Command command = Commands.named(name);
        if (help) {
            output.answer(() -> Documents.text("help", Usage.of(command)), () -> Usage.of(command));
            return DONE;
        }
        Logging.configure(output.isQuiet(), output.isVerbose());
        CommandLine line = CommonOptions.parse(command, without(name, arguments));
        return command.run(line, output);
    }

    /** A reader of {@code --json} gets one document also from a command that failed before it had one. */
    private static int failed(int exitCode, String message, Output output) {
        if (output.isJson()) {
            output.answer(() -> Documents.failure(exitCode, message), () -> "");
        }
        return exitCode;
    }

    private static String[] without(String name, String[] arguments) {
        int at = Arrays.asList(arguments).indexOf(name);
        String[] rest = new String[arguments.length - 1];
        System.arraycopy(arguments, 0, rest, 0, at);
        System.arraycopy(arguments, at + 1, rest, at, rest.length - at);
        return rest;
    }

    private static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    private static String stackTrace(Throwable e) {
        StringWriter text = new StringWriter();
        e.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }
}
