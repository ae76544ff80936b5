package io.ballast.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.ballast.InvalidInputException;
import io.ballast.config.DataConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("one-jdk")
class PhaseDataTest {
    private static final int MAX_LENGTH = 112;
    private static Tokenizer tokenizer;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        tokenizer = Tokenizer.open(Fixtures.stories15M());
    }

    @AfterAll
    static void close() {
        if (tokenizer != null) {
            tokenizer.close();
        }
    }

    private static DataConfig text(Path file, String where, String template) {
        return new DataConfig(file.toString(), where, template, null, null, null, 1, false, null, null);
    }

    private static DataConfig completion(Path file, String where, String prompt, String completion) {
        return new DataConfig(file.toString(), where, null, prompt, completion, null, 1, false, null, null);
    }

    private static DataConfig chat(Path file) {
        return new DataConfig(file.toString(), null, null, null, null, "messages", 1, false, null, null);
    }

    private PhaseData prepare(DataConfig... data) {
        return prepare(MAX_LENGTH, PhaseDataTest::render, data);
    }

    private PhaseData prepare(int maxLength, ChatRenderer renderer, DataConfig... data) {
        return PhaseData.prepare(List.of(data), tokenizer, maxLength, folder.resolve("cache"), renderer, 7);
    }

    private String refusal(DataConfig... data) {
        return assertThrows(InvalidInputException.class, () -> prepare(data)).getMessage();
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    /** A template in the manner of ChatML, which refuses what is no string. The real Jinja2 is tested elsewhere. */
    private static List<String> render(List<String> chats, boolean addGenerationPrompt) {
        List<String> texts = new ArrayList<>();
        for (String chat : chats) {
            StringBuilder text = new StringBuilder("<s>");
            JsonArray messages = JsonParser.parseString(chat).getAsJsonArray();
            for (JsonElement message : messages) {
                if (!message.getAsJsonObject().has("content")) {
                    throw new InvalidInputException("a message has no content");
                }
                text.append("[").append(message.getAsJsonObject().get("role").getAsString()).append("] ")
                        .append(message.getAsJsonObject().get("content").getAsString()).append("</s>");
            }
            texts.add(text + (addGenerationPrompt ? "[assistant] " : ""));
        }
        return texts;
    }

    private static String read(Document document) {
        int[] ids = IntStream.range(0, document.targetStart()).map(document::token).toArray();
        return tokenizer.decode(ids);
    }

    private static String learned(Document document) {
        return tokenizer.decode(IntStream.range(document.targetStart(), document.length()).map(document::token).toArray());
    }

    private static Document only(PhaseData data) {
        return data.plan(1, false).next().documents(0).get(0);
    }

    private static DataConfig medmcqa() {
        return completion(Fixtures.shared("data/medmcqa/train.jsonl"), "exp is not null",
                "Question: {question}\nAnswer:", " {exp}");
    }

    @Test
    void storedRowsAreThoseOfTheEncoderInTheFilesOrder() {
        Template prompt = Template.parse(medmcqa().prompt());
        Template completion = Template.parse(medmcqa().completion());
        ExampleEncoder encoder = new ExampleEncoder(tokenizer, 512);
        DataStatistics expected = DataStatistics.NONE;
        try (TokenStore store = stored(medmcqa(), encoder); RowReader reader = RowReader.open(medmcqa())) {
            for (int at = 0; reader.hasNext(); at++) {
                Row row = reader.next();
                Example example = encoder.completion(prompt.render(row), completion.render(row));
                int[] ids = new int[store.length(at)];
                store.ids(at).get(ids);
                assertArrayEquals(example.ids(), ids, row.place());
                assertEquals(example.targetStart(), store.targetStart(at));
                expected = expected.with(example);
            }
            assertEquals(expected, store.statistics());
        }
    }

    private TokenStore stored(DataConfig entry, ExampleEncoder encoder) {
        return new StoreCache(folder.resolve("probe"), 1 << 16).get("probe", writer -> {
            try (RowReader rows = RowReader.open(entry)) {
                new ParallelEncoding(new RowEncoder(entry, encoder, null), writer).run(rows);
            }
        });
    }

    @Test
    void whatIsCutOffIsCountedToTheToken() {
        try (PhaseData whole = prepare(100_000, null, medmcqa()); PhaseData cut = prepare(512, null, medmcqa())) {
            assertEquals(0, whole.statistics().droppedTokens());
            assertTrue(cut.statistics().truncatedRows() > 0);
            assertEquals(512, cut.statistics().longestRow());
            assertEquals(whole.statistics().tokens(), cut.statistics().tokens() + cut.statistics().droppedTokens());
        }
    }

    @Test
    void threeFormatsGiveTheSameTokens() throws IOException, SQLException {
        Path lines = file("a.jsonl", "{\"q\": \"Who, \\\"me\\\"?\", \"a\": \"1.50\"}\n{\"q\": \"é 😀\", \"a\": \"2020-01-01\"}\n");
        Path csv = file("a.csv", "q,a\n\"Who, \"\"me\"\"?\",1.50\né 😀,2020-01-01\n");
        Path parquet = folder.resolve("a.parquet");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (SELECT * FROM (VALUES ('Who, \"me\"?', '1.50'), ('é 😀', '2020-01-01')) v(q, a)) TO '"
                    + parquet + "'");
        }
        List<List<String>> texts = new ArrayList<>();
        for (Path file : List.of(lines, csv, parquet)) {
            try (PhaseData data = prepare(completion(file, null, "Q: {q} A:", " {a}"))) {
                Batch batch = data.plan(2, false).next();
                texts.add(Stream.of(0, 1).map(row -> batch.documents(row).get(0))
                        .map(row -> read(row) + "|" + learned(row)).toList());
            }
        }
        assertEquals(texts.get(0), texts.get(1));
        assertEquals(texts.get(0), texts.get(2));
    }

    @Test
    void tokensAreReusedUntilSomethingChanges() throws IOException {
        Path file = file("a.jsonl", "{\"t\": \"one\", \"u\": \"two\"}\n{\"t\": \"three\", \"u\": \"four\"}\n");
        assertFalse(isReused(text(file, null, "{t}")));
        assertTrue(isReused(text(file, null, "{t}")));
        assertFalse(isReused(text(file, null, "{u}")));
        assertFalse(isReused(text(file, "t = 'one'", "{t}")));
        assertFalse(isReused(new DataConfig(file.toString(), null, "{t}", null, null, null, 1, true, null, null)));
        assertTrue(isReused(new DataConfig(file.toString(), null, "{t}", null, null, null, 0.5, false, null, null)));
        try (PhaseData shorter = prepare(50, null, text(file, null, "{t}"))) {
            assertFalse(shorter.sources().get(0).reused());
        }
        Files.writeString(file, "{\"t\": \"one\", \"u\": \"two\"}\n");
        assertFalse(isReused(text(file, null, "{t}")));
        Path moved = Files.move(file, folder.resolve("b.jsonl"));
        assertTrue(isReused(text(moved, null, "{t}")));
    }

    private boolean isReused(DataConfig entry) {
        try (PhaseData data = prepare(entry)) {
            return data.sources().get(0).reused();
        }
    }

    @Test
    void theHashFollowsDataAndWeights() throws IOException {
        Path file = file("a.jsonl", "{\"t\": \"one\"}\n");
        try (PhaseData first = prepare(text(file, null, "{t}")); PhaseData same = prepare(text(file, null, "{t}"));
                PhaseData twice = prepare(
                        new DataConfig(file.toString(), null, "{t}", null, null, null, 2, false, null, null))) {
            assertEquals(first.hash(), same.hash());
            assertNotEquals(first.hash(), twice.hash());
            assertEquals(2, twice.plan(1, false).rowsPerEpoch());
        }
    }

    /** 300 domain rows and 10 % replay make an epoch of 333; every general row comes in time. */
    @Test
    void replayMixesInItsShareDrawnAnewForEachEpoch() throws IOException {
        Path domain = file("domain.jsonl", "{\"t\": \"one\"}\n".repeat(300));
        Path general = file("general.jsonl", IntStream.range(0, 100).mapToObj(i -> "{\"t\": \"tale " + i + ".\"}\n")
                .collect(Collectors.joining()));
        try (PhaseData mixed = prepare(text(domain, null, "{t}")).withReplay(prepare(text(general, null, "{t}")), 0.1)) {
            BatchPlan plan = mixed.plan(1, false);
            assertEquals(333, plan.rowsPerEpoch());
            Set<String> seen = new HashSet<>();
            for (int epoch = 0; epoch < 12; epoch++) {
                int replayed = 0;
                for (int row = 0; row < 333; row++) {
                    LongBuffer slot = plan.allocateSlot();
                    Batch batch = plan.next();
                    batch.fill(slot);
                    int[] ids = IntStream.range(0, batch.length()).map(i -> (int) slot.get(i)).toArray();
                    String text = tokenizer.decode(ids);
                    if (text.contains("tale")) {
                        replayed++;
                        seen.add(text);
                    }
                }
                assertEquals(33, replayed, "epoch " + epoch);
            }
            assertTrue(seen.size() > 90, seen.size() + " of 100 general rows in 12 epochs");
        }
    }

    @Test
    void ofAChatTheLastAnswerIsLearned() throws IOException {
        Path file = file("a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"assistant\", "
                + "\"content\": \"hello\"}, {\"role\": \"user\", \"content\": \"why?\"}, {\"role\": \"assistant\", "
                + "\"content\": \"because 😀\"}]}\n");
        try (PhaseData data = prepare(chat(file))) {
            Document document = only(data);
            assertEquals(tokenizer.bos().orElseThrow(), document.token(0));
            assertNotEquals(tokenizer.bos().orElseThrow(), document.token(1));
            assertTrue(read(document).contains("hello</s>"), read(document));
            assertEquals("because 😀</s>", learned(document).strip());
        }
    }

    @Test
    void aFileThatIsReplacedWhileItIsReadIsRefusedAndLeavesNoTokens() throws IOException {
        String chat = "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"assistant\","
                + " \"content\": \"%s\"}]}\n";
        Path file = file("a.jsonl", chat.formatted("hello"));
        ChatRenderer replacing = (chats, prompt) -> {
            try {
                WholeFiles.write(file, chat.formatted("good night")); // another file of this name
                return render(chats, prompt);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
        String message = assertThrows(InvalidInputException.class,
                () -> prepare(MAX_LENGTH, replacing, chat(file))).getMessage();
        assertTrue(message.contains(file + " stays as it is while it is read; found its SHA-256"), message);
        try (PhaseData data = prepare(chat(file))) {
            assertFalse(data.sources().get(0).reused());
            assertTrue(learned(only(data)).contains("good night"));
        }
    }

    /** {@code -Dballast.files=10000} makes more. */
    @Test
    void manyTinyFilesAreReadOneAfterAnother() throws IOException {
        int files = Integer.getInteger("ballast.files", 200);
        List<DataConfig> entries = new ArrayList<>();
        for (int i = 0; i < files; i++) {
            Files.createDirectories(folder.resolve("tiny"));
            entries.add(text(file("tiny/" + i + ".jsonl", "{\"text\": \"boat " + i + "\"}\n"), null, "{text}"));
        }
        long began = System.nanoTime();
        try (PhaseData data = prepare(entries.toArray(DataConfig[]::new))) {
            assertEquals(files, data.statistics().rows());
            System.out.printf("%d files of one row in %.1f s%n", files, (System.nanoTime() - began) / 1e9);
            assertEquals(files, data.plan(1, false).batchesPerEpoch());
        }
    }

    @Test
    void aRowOfTenMebibytesIsCutAndItsNeighboursStay() throws IOException {
        Path file = file("a.jsonl", "{\"text\": \"first\"}\n{\"text\": \"" + "a long tale ".repeat(10 * (1 << 20) / 12)
                + "\"}\n{\"text\": \"last\"}\n");
        try (PhaseData data = prepare(text(file, null, "{text}"))) {
            assertEquals(3, data.statistics().rows());
            assertEquals(1, data.statistics().truncatedRows());
            assertEquals(MAX_LENGTH, data.statistics().longestRow());
            assertTrue(data.statistics().droppedTokens() > 1_000_000, data.statistics().toString());
        }
    }

    @Test
    void aWrongChatIsNamed() throws IOException {
        String user = "{\"role\": \"user\", \"content\": \"hi\"}";
        String answer = "{\"role\": \"assistant\", \"content\": \"hello\"}";
        String good = "{\"messages\": [" + user + ", " + answer + "]}\n";
        String place = "a.jsonl, line 2: ";
        String last = refusal(chat(file("a.jsonl", good + "{\"messages\": [" + answer + ", " + user + "]}\n")));
        assertTrue(last.contains(place) && last.contains("has the role assistant"), last);
        String empty = refusal(chat(file("a.jsonl", good + "{\"messages\": []}\n")));
        assertTrue(empty.contains(place), empty);
        String other = refusal(chat(file("a.jsonl", good + "{\"messages\": \"hi\"}\n")));
        assertTrue(other.contains(place) && other.contains("should be a list"), other);
        String template = refusal(chat(file("a.jsonl",
                good + "{\"messages\": [{\"role\": \"user\"}, " + answer + "]}\n" + good)));
        assertTrue(template.contains(place) && template.contains("a message has no content"), template);
    }

    @Test
    void aTemplateThatRewritesThePromptIsRefused() throws IOException {
        Path file = file("a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"assistant\", "
                + "\"content\": \"hello\"}]}\n");
        ChatRenderer counting = (chats, prompt) -> chats.stream().map(chat -> chat.length() + chat).toList();
        String message = assertThrows(InvalidInputException.class, () -> prepare(MAX_LENGTH, counting, chat(file)))
                .getMessage();
        assertTrue(message.contains("line 1") && message.contains("cannot be told apart"), message);
    }

    @Test
    void aRowWithoutTheFieldNamesFileLineAndField() throws IOException {
        Path file = file("a.jsonl", "{\"q\": \"a\", \"exp\": \"b\"}\n\n{\"q\": \"c\", \"exp\": null}\n{\"q\": \"d\"}\n");
        String message = refusal(completion(file, null, "{q}", "{exp}"));
        assertTrue(message.contains("a.jsonl, line 3: the field 'exp' is null"), message);
        String missing = refusal(completion(file, "q = 'd'", "{q}", "{exp}"));
        assertTrue(missing.contains("a.jsonl, line 4: there is no field 'exp'. The row has q"), missing);
    }

    @Test
    void aCompletionThatTruncatesToNothingNamesFileAndLine() throws IOException {
        Path file = file("a.jsonl", "{\"q\": \"a\"}\n{\"q\": \"" + "many words ".repeat(100) + "\"}\n");
        String message = refusal(completion(file, null, "{q}", " yes"));
        assertTrue(message.contains("a.jsonl, line 2: the completion truncates to nothing"), message);
    }

    @Test
    void aFewPromptsTooLongAreLeftOutAndCountedAndManyAreRefused() throws IOException {
        try (PhaseData data = prepare(medmcqa())) {
            assertEquals(29, data.statistics().lostRows());
            assertEquals(1741, data.statistics().rows());
            assertEquals(1741, data.plan(8, false).rowsPerEpoch());
        }
        String row = "{\"q\": \"a\"}\n";
        String longRow = "{\"q\": \"" + "many words ".repeat(100) + "\"}\n";
        Path file = file("a.jsonl", row.repeat(18) + longRow.repeat(2));
        String message = refusal(completion(file, null, "{q}", " yes"));
        assertTrue(message.contains("a.jsonl, line 19: ") && message.contains("2 of 20 rows"), message);
    }

    @Test
    void truncatedAndEmptyRowsAreCounted() throws IOException {
        Path file = file("a.jsonl", "{\"t\": \"" + "word ".repeat(200) + "\"}\n{\"t\": \"\"}\n{\"t\": \"short\"}\n");
        try (PhaseData data = prepare(text(file, null, "{t}"))) {
            DataStatistics statistics = data.statistics();
            assertEquals(2, statistics.rows());
            assertEquals(1, statistics.truncatedRows());
            assertEquals(1, statistics.emptyRows());
            assertEquals(MAX_LENGTH, statistics.longestRow());
            assertTrue(statistics.droppedTokens() > 50);
            assertEquals(statistics.tokens() - 2, statistics.targets());
        }
    }

    @Test
    void emptyTextsAloneAreRefused() throws IOException {
        String message = refusal(text(file("a.jsonl", "{\"t\": \"\"}\n"), null, "{t}"));
        assertTrue(message.contains("a.jsonl") && message.contains("nothing to learn"), message);
    }

    @Test
    void weightsThatLeaveNoRowAreRefused() throws IOException {
        DataConfig entry = new DataConfig(file("a.jsonl", "{\"t\": \"one\"}\n").toString(), null, "{t}", null, null, null,
                0.1, false, null, null);
        try (PhaseData data = prepare(entry)) {
            String message = assertThrows(InvalidInputException.class, () -> data.plan(1, false)).getMessage();
            assertTrue(message.contains("1 rows × 0.1"), message);
        }
    }

    @Test
    void missingFilesAndEntriesWithoutOrWithTwoKindsAreRefused() throws IOException {
        Path file = file("a.jsonl", "{\"t\": \"one\"}\n");
        assertTrue(refusal(text(folder.resolve("none.jsonl"), null, "{t}")).contains("There is no data file"));
        assertTrue(refusal().contains("at least one data entry"));
        List<DataConfig> wrong = List.of(text(file, null, null), completion(file, null, "{t}", null),
                new DataConfig(file.toString(), null, "{t}", "{t}", "{t}", null, 1, false, null, null));
        for (DataConfig entry : wrong) {
            assertTrue(refusal(entry).contains("should have \"text\", or \"prompt\" with \"completion\""));
        }
    }

    @Test
    void aFailureStopsThePoolAndLeavesTheCacheUsable() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 5000; i++) {
            lines.append("{\"t\": \"row ").append(i).append("\"}\n");
        }
        Path file = file("a.jsonl", lines + "{\"u\": 1}\n");
        assertTrue(refusal(text(file, null, "{t}")).contains("line 5001"));
        try (PhaseData data = prepare(text(file, "t is not null", "{t}"))) {
            assertEquals(5000, data.statistics().rows());
        }
    }
}
