package io.ballast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ballast.Result;
import io.ballast.TinyModels;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What happens to a run from outside, provoked for real: a disk fills up, a folder becomes read-only, files are damaged or
 * replaced, a plug-in raises or never returns. A stopping rule does the harm, once, in the middle of a phase. After each:
 * one message, its exit code, a folder that {@code inspect} reads, and where it makes sense the run goes on.
 */
@Tag("one-jdk")
class FaultsTest {
    @TempDir
    Path folder;
    private String experiment;

    @BeforeEach
    void writeExperiment() throws IOException {
        experiment = TinyExperiment.write(folder).toString();
    }

    /** A file system in memory. */
    private record Disk(Path folder) implements AutoCloseable {
        static Disk mount(Path folder, String size) throws IOException {
            Files.createDirectory(folder);
            String refusal = run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", folder.toString());
            assumeTrue(refusal.isEmpty(), "skipped: a small disk cannot be mounted here: " + refusal);
            return new Disk(folder);
        }

        void remount(String how) throws IOException {
            assertEquals("", run("mount", "-o", "remount," + how, folder.toString()));
        }

        /** What a command said where it failed; empty where it did not. */
        private static String run(String... command) throws IOException {
            Process process;
            try {
                process = new ProcessBuilder(command).redirectErrorStream(true).start();
            } catch (IOException absent) {
                return absent.getMessage();
            }
            String said = new String(process.getInputStream().readAllBytes());
            return process.onExit().join().exitValue() == 0 ? "" : said + " ";
        }

        @Override
        public void close() throws IOException {
            run("umount", "--lazy", folder.toString());
        }
    }

    /** A stopping rule of the general phase that does something after its second step, when it is there the first time. */
    private void sabotage(String... lines) throws IOException {
        List<String> rule = new ArrayList<>(List.of("import os, time", "from pathlib import Path",
                "HERE = Path(__file__).parent", "def rule(step, losses):",
                "    if step != 2 or (HERE / 'done').exists():", "        return", "    (HERE / 'done').touch()"));
        Stream.of(lines).map(line -> "    " + line).forEach(rule::add);
        Files.write(folder.resolve("sabotage.py"), rule);
    }

    private Typed run(String... settings) {
        List<String> arguments = new ArrayList<>(List.of("run", experiment, "--quiet", "--set", "checkpoint.steps=1",
                "--set", "evaluation.cache=false"));
        for (String setting : settings) {
            arguments.addAll(List.of("--set", setting));
        }
        return Typed.run(arguments.toArray(String[]::new));
    }

    private static Typed resume(Path run) {
        return Typed.run("run", "--resume", run.toString(), "--quiet");
    }

    private Path onlyRun(Path output) throws IOException {
        try (Stream<Path> runs = Files.list(output)) {
            List<Path> found = runs.toList();
            assertEquals(1, found.size(), found.toString());
            return found.get(0);
        }
    }

    private static void assertFailed(int code, Typed typed, Path run, String... parts) {
        assertEquals(code, typed.code(), typed.err());
        assertFalse(typed.err().contains("bug in Ballast") || typed.err().contains("Traceback"), typed.err());
        for (String part : parts) {
            assertTrue(typed.err().contains(part), part + " in " + typed.err());
        }
        assertEquals("failed", Result.read(run).status());
        Typed inspected = Typed.run("inspect", run.toString());
        assertEquals(0, inspected.code(), inspected.err());
        assertTrue(inspected.out().contains("failed"), inspected.out());
    }

    private static void assertGoesOn(Path run) {
        Typed resumed = resume(run);
        assertEquals(0, resumed.code(), resumed.err());
        assertEquals("completed", Result.read(run).status());
    }

    private static void flip(Path file, long fromEnd) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            long at = bytes.length() - fromEnd;
            bytes.seek(at);
            int before = bytes.read();
            bytes.seek(at);
            bytes.write(before ^ 4);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aDiskThatFillsUpInACheckpointLeavesTheOneBeforeAndTheRunGoesOnWhenThereIsRoom(boolean async) throws Exception {
        try (Disk disk = Disk.mount(folder.resolve("disk"), "8m")) {
            Path filler = disk.folder().resolve("filler");
            // What a thread is writing is whole before the disk fills up, so that the next checkpoint is the first to meet it.
            sabotage("for half in Path('" + disk.folder() + "').glob('runs/*/checkpoints/*.partial'):",
                    "    while half.exists() and not (half / 'tensors' / 'numbers.json').exists():", "        time.sleep(0.01)",
                    "with open('" + filler + "', 'wb', buffering=0) as filler:", "    try:", "        while True:",
                    "            filler.write(bytes(4096))", "    except OSError:", "        pass",
                    "os.truncate('" + filler + "', os.path.getsize('" + filler + "') - 60_000)");
            Typed typed = run("general.stop=sabotage:rule", "output=" + disk.folder().resolve("runs"),
                    "checkpoint.async=" + async);
            Path run = onlyRun(disk.folder().resolve("runs"));
            Path full = async ? run : run.resolve("checkpoints"); // or the anchor meets it
            assertFailed(3, typed, run, "room on the disk for " + full, "bytes free", "free some");
            try (Stream<Path> left = Files.list(run.resolve("checkpoints"))) {
                assertTrue(left.noneMatch(each -> each.toString().endsWith(".partial")), "the half takes no room");
            }
            Files.delete(filler);
            assertGoesOn(run);
        }
    }

    @Test
    void aFolderThatCannotBeWrittenIsRefusedAndMayStillBeLookedAt() throws Exception {
        try (Disk disk = Disk.mount(folder.resolve("disk"), "8m")) {
            sabotage("raise ValueError('broken')");
            Path output = disk.folder().resolve("runs");
            Typed typed = run("general.stop=sabotage:rule", "output=" + output);
            Path run = onlyRun(output);
            assertFailed(2, typed, run, "\"sabotage:rule\" failed at", "sabotage.py, line 8: ValueError: broken");
            disk.remount("ro");
            assertFailed(2, resume(run), run, "Expected a run folder that can be written at " + run, "Read-only");
            assertEquals(2, run("output=" + output).code());
            disk.remount("rw");
            assertGoesOn(run);
        }
    }

    @Test
    void aCheckpointFolderThatBecomesReadOnlyEndsTheRunWithThree() throws Exception {
        try (Disk disk = Disk.mount(folder.resolve("disk"), "8m")) {
            disk.remount("ro");
            sabotage("import subprocess", "[run] = (HERE / 'runs').iterdir()",
                    "subprocess.run(['mount', '--bind', '" + disk.folder() + "', run / 'checkpoints'], check=True)");
            Typed typed = run("general.stop=sabotage:rule");
            Path run = onlyRun(folder.resolve("runs"));
            assertEquals("", Disk.run("umount", run.resolve("checkpoints").toString()));
            assertFailed(3, typed, run, "can be written at", "Read-only");
            assertGoesOn(run);
        }
    }

    @Test
    void aPlugInThatNeverReturnsIsToldWithItsLineAndTheRunGoesOn() throws IOException {
        sabotage("time.sleep(600)");
        Typed typed = run("general.stop=sabotage:rule", "pluginSeconds=2");
        Path run = onlyRun(folder.resolve("runs"));
        assertFailed(2, typed, run, "stop: \"sabotage:rule\" failed at " + folder.resolve("sabotage.py") + ", line 8:",
                "within 2 seconds, found none", "pluginSeconds");
        assertGoesOn(run);
    }

    @Test
    void evaluationDataThatAreReplacedDuringARunAreRefusedForOtherItemsCannotBeCompared() throws IOException {
        sabotage("rows = (HERE / 'piqa.jsonl').read_text()", "(HERE / 'piqa.jsonl').write_text(rows + rows)");
        Typed typed = run("general.stop=sabotage:rule");
        assertFailed(2, typed, onlyRun(folder.resolve("runs")), "piqa.jsonl to stay as it was first read");
    }

    @Test
    void trainingDataThatAreReplacedDuringARunAreThoseItBeganWith() throws IOException {
        assertEquals(0, run("output=" + folder.resolve("undisturbed")).code());
        sabotage("(HERE / 'domain.jsonl').write_text('{\"q\": \"other\", \"a\": \" rows\"}\\n')");
        Typed typed = run("general.stop=sabotage:rule");
        assertEquals(0, typed.code(), typed.err());
        Result undisturbed = Result.read(onlyRun(folder.resolve("undisturbed")));
        assertEquals(undisturbed.scores(), Result.read(onlyRun(folder.resolve("runs"))).scores());
    }

    @Test
    void damagedWeightsAndADamagedAnchorAreRefusedByName() throws IOException {
        Path model = TinyModels.copy("llama-tied", folder.resolve("model"));
        Path weights = model.resolve("model.safetensors");
        sabotage("raise ValueError('broken')");
        String[] settings = {"general.stop=sabotage:rule", "model.path=" + model};
        assertEquals(2, run(settings).code());
        Path run = onlyRun(folder.resolve("runs"));
        flip(weights, 100);
        assertFailed(2, resume(run), run, "Expected the same base model as when the run began");
        flip(weights, 100);
        assertGoesOn(run);
        Path anchor = run.resolve("anchor/anchor.safetensors");
        flip(anchor, 100);
        Typed typed = run("general=null", "retention.anchor=" + run.resolve("anchor"), "model.path=" + model,
                "output=" + folder.resolve("anchored"));
        assertFailed(2, typed, onlyRun(folder.resolve("anchored")), "anchor.safetensors should have the SHA-256",
                "measure it again");
        try (RandomAccessFile cut = new RandomAccessFile(weights.toFile(), "rw")) {
            cut.setLength(cut.length() / 2);
        }
        typed = run("model.path=" + model, "output=" + folder.resolve("cut"));
        assertEquals(2, typed.code(), typed.err());
        assertTrue(typed.err().contains(weights.toString()), typed.err());
    }
}
