package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.data.Row;
import io.ballast.data.Tokenizer;
import io.ballast.eval.Item.Argument;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuestionsTest {
    private static final Path FILE = Path.of("questions.jsonl");
    @TempDir
    static Path folder;
    private static Tokenizer tokenizer;

    @BeforeAll
    static void open() {
        tokenizer = CharacterTokenizer.in(folder, false);
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    private static Item item(String task, Map<String, String> columns, Map<String, Object> row) {
        return new Questions(Tasks.named(task), columns, FILE)
                .item(new Row(FILE, 7, row), 6, new PairEncoder(tokenizer, 1000));
    }

    private static Map<String, Object> row(Object... columnsAndValues) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < columnsAndValues.length; i += 2) {
            row.put((String) columnsAndValues[i], columnsAndValues[i + 1]);
        }
        return row;
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", " 1 ", "green"})
    void theRightAnswerOfAQuestionOfOnesOwnIsAnIndexOrItsText(String label) {
        Item item = own(row("q", "Which?", "a", "red", "b", "green", "right", label));
        assertEquals(1, item.target());
        assertEquals(new Argument("Which? ->", " green"), item.arguments().get(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "-1", "blue", "Green", ""})
    void anAnswerThatIsNoneOfTheChoicesIsRefused(String label) {
        InvalidInputException e = assertThrows(InvalidInputException.class,
                () -> own(row("q", "Which?", "a", "red", "b", "green", "right", label)));
        assertTrue(e.getMessage().contains("0 to 1, or the text of one of them: red, green"), e.getMessage());
    }

    private static Item own(Map<String, Object> row) {
        TaskDefinition own = TaskDefinition.multipleChoice("own", "{q} ->", List.of("{a}", "{b}"), "{right}");
        return new Questions(own, Map.of(), FILE).item(new Row(FILE, 7, row), 6, new PairEncoder(tokenizer, 1000));
    }

    @Test
    void sciqsSupportLosesLeadingWhiteSpaceAndTheRowKeepsIt() {
        Map<String, Object> row = row("question", "Q?", "distractor1", "a", "distractor2", "b", "distractor3", "c",
                "correct_answer", "d", "support", "\n S ");
        Item item = item("sciq", Map.of(), row);
        assertEquals(new Argument("S \nQuestion: Q?\nAnswer:", " d"), item.arguments().get(3));
        assertEquals(3, item.target());
        assertEquals(List.of("a", "b", "c", "d"), item.choices());
        assertEquals(row, item.columns());
        assertEquals(6, item.id());
    }

    @Test
    void medmcqaListsItsChoicesAndAsksForALetter() {
        Item item = item("medmcqa", Map.of(),
                row("question", "Q?", "opa", "w", "opb", "x", "opc", "y", "opd", "z", "cop", 2L));
        assertEquals(new Argument("Question: Q?\nChoices:\nA. w\nB. x\nC. y\nD. z\nAnswer:", " C"),
                item.arguments().get(2));
        assertEquals(2, item.target());
    }

    @Test
    void lambadaAsksForTheLastWord() {
        Item item = item("lambada_openai", Map.of(), row("text", "one  two three"));
        assertEquals(List.of(new Argument("one  two", " three")), item.arguments());
        assertEquals(" three", item.target());
        assertEquals(new Argument("", " alone"), item("lambada_openai", Map.of(), row("text", "alone"))
                .arguments().get(0));
    }

    @Test
    void choicesAreAsManyAsTheRowHas() {
        Item item = item("arc_easy", Map.of(), row("question", "Q?", "choices", List.of("a", "b", "c"), "gold", 2L));
        assertEquals(List.of("a", "b", "c"), item.choices());
        assertEquals(3, item.rows().size());
    }

    @Test
    void columnsMayHaveOtherNames() {
        Item item = item("piqa", Map.of("goal", "aim", "label", "answer"),
                row("aim", "G", "sol1", "a", "sol2", "b", "answer", "1"));
        assertEquals("Question: G\nAnswer:", item.arguments().get(0).context());
        assertEquals(1, item.target());
    }

    @Test
    void aMissingColumnIsNamedWithWhatThereIs() {
        String message = message("piqa", Map.of(), row("goal", "G", "sol1", "a", "label", 0L));
        assertTrue(message.contains("line 7") && message.contains("'sol2'") && message.contains("goal, sol1, label")
                && message.contains("\"columns\": {\"sol2\""), message);
    }

    @Test
    void aMappingOfAColumnThatTheTaskHasNotIsRefused() {
        String message = message("piqa", Map.of("gaol", "aim"), row());
        assertTrue(message.contains("'gaol'") && message.contains("goal, sol1, sol2, label"), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "-1", "c", "1.0", ""})
    void anAnswerThatIsNoIndexOfAChoiceIsRefused(String label) {
        String message = message("piqa", Map.of(), row("goal", "G", "sol1", "a", "sol2", "b", "label", label));
        assertTrue(message.contains("line 7") && message.contains("0 to 1") && message.contains("'" + label + "'"),
                message);
    }

    @Test
    void choicesMustBeAListOfTexts() {
        for (Object choices : new Object[] {List.of(), List.of("a", 3L), "a"}) {
            String message = message("arc_easy", Map.of(), row("question", "Q?", "choices", choices, "gold", 0L));
            assertTrue(message.contains("line 7") && message.contains("'choices'"), message);
        }
    }

    private static String message(String task, Map<String, String> columns, Map<String, Object> row) {
        return assertThrows(InvalidInputException.class, () -> item(task, columns, row)).getMessage();
    }

    @Test
    void anUnknownTaskNamesTheOnesThereAre() {
        String message = assertThrows(InvalidInputException.class, () -> Tasks.named("sicq")).getMessage();
        assertTrue(message.contains("'sicq'") && message.contains("lambada_openai, medmcqa, piqa, sciq"), message);
    }
}
