package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @Test
    void unknownCommandEndsWithTwoAndTheNearestName() {
        Typed typed = Typed.run("valdate", "x.json");
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("found 'valdate'. Did you mean 'validate'?"), typed.err());
        assertEquals("", typed.out());
    }

    @Test
    void unknownOptionEndsWithTwoAndTheNearestName() {
        Typed typed = Typed.run("validate", "x.json", "--jsn");
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("--jsn") && typed.err().contains("Did you mean --json?"), typed.err());
    }

    @ParameterizedTest
    @CsvSource({"validate, EXPERIMENT", "run, EXPERIMENT", "inspect, PATH", "eval, MODEL"})
    void missingArgumentEndsWithTwoAndItsName(String command, String argument) {
        Typed typed = Typed.run(command);
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains(argument), typed.err());
    }

    @Test
    void anArgumentTooManyEndsWithTwo() {
        Typed typed = Typed.run("schema", "x.json");
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("x.json"), typed.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"setup", "doctor"})
    void commandsOfTheLauncherAreListedAndPointThere(String command) {
        assertTrue(Typed.run("--help").out().contains("  " + command));
        assertTrue(Typed.run(command).err().contains("./ballast " + command));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "-h", "help"})
    void helpListsEveryCommandAndEndsWithZero(String argument) {
        Typed typed = Typed.run(argument);
        assertEquals(0, typed.code());
        Commands.all().forEach(command -> assertTrue(typed.out().contains("  " + command.name()), command.name()));
    }

    @Test
    void everyCommandHasTheCommonOptionsAndHelpsBesideAMissingArgument() {
        for (Command command : Commands.all()) {
            Typed typed = Typed.run(command.name(), "--help");
            assertEquals(0, typed.code(), command.name());
            for (String option : List.of("--json", "--quiet", "--verbose", "--help", "--version")) {
                assertTrue(typed.out().contains("  " + option + " "), command.name() + " " + option);
            }
            command.options().getOptions().forEach(option ->
                    assertTrue(typed.out().contains("--" + option.getLongOpt()), option.getLongOpt()));
        }
    }

    @Test
    void nothingTypedSaysWhatThereIsAndEndsWithTwo() {
        Typed typed = Typed.run();
        assertEquals(2, typed.code());
        assertTrue(typed.err().contains("Usage: ballast COMMAND"), typed.err());
    }

    @Test
    void aReaderOfJsonGetsOneDocumentAlsoOfAFailure() {
        Typed typed = Typed.run("validate", "/no/such/file.json", "--json");
        JsonObject document = JsonParser.parseString(typed.out()).getAsJsonObject();
        assertEquals(2, typed.code());
        assertEquals(2, document.get("exitCode").getAsInt());
        assertTrue(document.get("error").getAsString().contains("/no/such/file.json"));
        assertTrue(typed.err().contains("/no/such/file.json"));
    }

    @Test
    void aStackTraceIsThereWithVerboseOnly() {
        assertFalse(Typed.run("validate", "/no/such/file.json").err().contains("\tat "));
        assertTrue(Typed.run("validate", "/no/such/file.json", "--verbose").err().contains("\tat "));
    }

    @Test
    void whatIsNobodysInputIsABugWithExitCodeOneAndAStackTrace() {
        String[] arguments = {"schema"};
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Output closed = new Output(null, Typed.stream(err), false, arguments);
        assertEquals(1, Main.run(arguments, closed));
        String said = err.toString(StandardCharsets.UTF_8);
        assertTrue(said.startsWith("This is a bug in Ballast"), said);
        assertTrue(said.contains("\tat "), said);
    }

    /** Class loading of a real process: the libraries and the engines stay where they are. */
    @Test
    void versionLoadsNothingButTheCommandLine() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load:stdout", "-cp", System.getProperty("java.class.path"), "io.ballast.cli.Main",
                "--version").redirectErrorStream(true).start();
        List<String> lines = process.inputReader().lines().toList();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("ballast ")));
        List<String> loaded = lines.stream().filter(line -> line.contains("[class,load]"))
                .map(line -> line.replaceFirst(".*\\[class,load\\] (\\S+) .*", "$1"))
                .toList();
        assertTrue(loaded.contains("io.ballast.cli.Main"), loaded.toString());
        assertEquals(List.of(), loaded.stream().filter(name ->
                name.matches("(io\\.ballast\\.(?!cli)[a-z]+|com\\.google|ai\\.djl|jep|org\\.duckdb|org\\.slf4j)\\..*"))
                .toList());
    }
}
