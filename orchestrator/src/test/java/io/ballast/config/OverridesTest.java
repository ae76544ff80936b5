package io.ballast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.config.RetentionConfig.Xi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OverridesTest {
    private static final String HERE = Path.of("").toAbsolutePath().toString();

    @TempDir
    Path folder;
    private Path file;

    @BeforeEach
    void writeExperiment() throws IOException {
        file = Files.writeString(folder.resolve("whole.json"), Experiments.WHOLE);
    }

    private ExperimentConfig with(String... overrides) {
        return ExperimentReader.read(file, List.of(overrides));
    }

    @Test
    void laterOverridesWin() {
        ExperimentConfig config = with("retention.lambda=7", "seed=3", "retention.lambda=0.5");
        assertEquals(0.5, config.retention().lambda());
        assertEquals(3, config.seed());
    }

    @Test
    void aBlockThatTheFileLacksIsMade() throws IOException {
        file = Files.writeString(folder.resolve("domain.json"), Experiments.DOMAIN);
        assertEquals("l2", with("retention.method=l2").retention().method());
    }

    @Test
    void pathsStartFromTheWorkingDirectoryAndThoseOfTheFileDoNot() {
        ExperimentConfig config = with("general.data.0.path=other.jsonl", "output=out");
        assertEquals(HERE + "/other.jsonl", config.general().data().get(0).path());
        assertEquals(HERE + "/out", config.output());
        assertEquals(folder.resolve("c.csv").toString(), config.domain().get(0).data().get(0).path());
    }

    @Test
    void pathsInsideAValueStartFromTheWorkingDirectoryToo() {
        ExperimentConfig config = with("evaluation.general=[\"piqa\", {\"perplexity\": \"p.jsonl\"}]");
        assertEquals(HERE + "/p.jsonl", config.evaluation().general().get(1).perplexity());
    }

    @Test
    void theFormerAdaptersOfAMethodArePathsToo() throws IOException {
        file = Files.writeString(folder.resolve("olora.json"), Experiments.DOMAIN.replace("\"domain\"", "\"adapter\": {},"
                + " \"retention\": {\"method\": \"olora\", \"options\": {\"former\": \"a, ../b\", \"norm\": \"squared\"}},"
                + " \"domain\""));
        assertEquals(Map.of("former", folder.resolve("a") + "," + folder.resolveSibling("b"), "norm", "squared"),
                with().retention().options());
        assertEquals(HERE + "/c," + HERE + "/d", with("retention.options.former=c,d").retention().options().get("former"));
        assertEquals(Map.of("former", HERE + "/c"), with("retention.options={\"former\": \"c\"}").retention().options());
        assertEquals(HERE + "/c", with("retention={\"method\": \"olora\", \"options\": {\"former\": \"c\"}}").retention()
                .options().get("former"));
    }

    @Test
    void aTextNeedsNoQuotes() {
        ExperimentConfig config = with("name=7", "domain.data.0.where=label = 'a=b'", "model.path=hf://org/name");
        assertEquals("7", config.name());
        assertEquals("label = 'a=b'", config.domain().get(0).data().get(0).where());
        assertEquals("hf://org/name", config.model().path());
    }

    @Test
    void nullTakesAKeyOut() {
        ExperimentConfig config = with("adapter=null", "retention.lambda=null");
        assertNull(config.adapter());
        assertEquals(0.01, config.retention().lambda());
    }

    @Test
    void keysInsideXiAndColumnsAreReached() {
        ExperimentConfig config = with("retention.xi.relative=2", "evaluation.domain.0.columns.question=q");
        assertEquals(new Xi(2, true), config.retention().xi());
        assertEquals(new Xi(3, true), with("retention.xi={\"relative\": 3}").retention().xi());
        assertEquals("q", config.evaluation().domain().get(0).columns().get("question"));
    }

    @Test
    void aTextThatStandsForATaskGetsFurtherKeys() {
        ExperimentConfig config = with("evaluation.general=[\"piqa\"]", "evaluation.general.0.limit=5");
        assertEquals("piqa", config.evaluation().general().get(0).task());
        assertEquals(5, config.evaluation().general().get(0).limit());
    }

    /** One domain stands for a list of one, with and without an index. */
    @Test
    void oneDomainIsReachedByItsKeyAndOneOfSeveralByItsIndex() throws IOException {
        assertEquals(70, with("domain.steps=70").domain().get(0).steps());
        assertEquals(70, with("domain.0.steps=70").domain().get(0).steps());
        String two = Experiments.DOMAIN.replace("\"domain\": {", "\"domain\": [{\"name\": \"a\",")
                .replace("1e-4}}", "1e-4}, {\"name\": \"b\", \"data\": [{\"path\": \"b.jsonl\", \"text\": \"{text}\"}],"
                        + " \"learningRate\": 1}]}");
        file = Files.writeString(folder.resolve("two.json"), two);
        assertEquals(0.5, with("domain.1.learningRate=0.5").domain().get(1).learningRate());
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> with("domain.steps=70"));
        assertTrue(e.getMessage().contains("the index of an entry, 0 to 1"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "retention.lamda=3          |Did you mean 'lambda'?",
        "retension.lambda=3         |Did you mean 'retention'?",
        "retention.lambda           |KEY=VALUE",
        "=3                         |KEY=VALUE",
        "general.data.2.path=a      |0 to 1",
        "general.data.first.path=a  |'first'",
        "general.data.-1.path=a     |'-1'",
        "retention.xi.absolute=3    |relative",
        "seed.value=3               |inside a single value",
        "retention..lambda=3        |unknown key ''",
        "adapter.targets.0.x=3      |inside a single value",
        "retention.lambda=-3        |at least 0",
        "retention.lambda=3x        |the text \"3x\"",
        "model=null                 |missing",
        "importance.cache=false     |expected a text, found false",
    })
    void whatIsWrongIsRefused(String override, String expected) {
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> with(override));
        assertTrue(e.getMessage().contains(expected), e.getMessage());
        assertTrue(e.getMessage().contains("--set " + override), e.getMessage());
    }
}
