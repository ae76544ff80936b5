package io.ballast.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonParser;
import io.ballast.eval.Contribution;
import io.ballast.eval.ItemHashes;
import io.ballast.eval.Metric;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SubjectsTest {
    private static RecordedItem item(int id, Object doc, boolean right) {
        return new RecordedItem(id, new ItemHashes("d" + id, "p" + id, "t" + id), doc, "p", List.of("a", "b"), 0,
                List.of(right ? -1.0 : -3.0, -2.0), null,
                Map.of("acc", new Contribution(right ? 1 : 0, 1)));
    }

    private static List<RecordedItem> rows(Map<?, ?>... docs) {
        return IntStream.range(0, docs.length).mapToObj(i -> item(i, docs[i], true)).toList();
    }

    private static Optional<String> usual(Map<?, ?>... docs) {
        return Subjects.of(null, rows(docs)).map(Subjects::column);
    }

    @Test
    void theFirstUsualColumnThatTellsItemsApartIsTaken() {
        assertEquals(Optional.of("subject_name"), usual(Map.of("subject_name", "Anatomy", "topic", "x"),
                Map.of("subject_name", "Surgery", "topic", "y")));
        assertEquals(Optional.of("topic"), usual(Map.of("subject", "all", "topic", 1L), Map.of("subject", "all", "topic", 2L)),
                "a column with one value says nothing");
        assertEquals(Optional.of("category"), usual(Map.of("subject", "a", "category", "c"), Map.of("category", "d")),
                "a column that a row lacks is not the task's");
        assertEquals(Optional.empty(), usual(Map.of("q", "a"), Map.of("q", "b")));
        assertEquals(Optional.empty(), usual(Map.of("topic", List.of("a")), Map.of("topic", List.of("b"))), "lists");
    }

    @Test
    void aColumnOfMoreThanAHundredValuesIsTakenOnlyWhenItIsNamed() {
        Map<?, ?>[] docs = IntStream.range(0, 101).mapToObj(i -> Map.of("topic", "t" + i)).toArray(Map<?, ?>[]::new);
        assertEquals(Optional.empty(), usual(docs));
        assertEquals(Optional.of("topic"), Subjects.of("topic", rows(docs)).map(Subjects::column));
    }

    @Test
    void rowsOfFilesAreReadAsRowsInMemoryAre() {
        RecordedItem item = item(0, JsonParser.parseString("{\"subject\": \"Law\", \"level\": 3, \"none\": null}"), true);
        assertEquals("Law", new Subjects("subject").of(item));
        assertEquals("3", new Subjects("level").of(item));
        Map<String, Object> row = new HashMap<>();
        row.put("level", 3);
        row.put("none", null);
        assertEquals("3", new Subjects("level").of(item(0, row, true)));
        assertEquals(Subjects.NONE, new Subjects("none").of(item(0, row, true)));
        assertEquals(Subjects.NONE, new Subjects("none").of(item));
    }

    /** Of 40 in law 9 become wrong and 1 right, of 20 in art one becomes right; by the binomial distribution by hand. */
    @Test
    void answersAreCountedBySubjectAndCorrectedOverTheTasksSubjects() {
        List<RecordedItem> before = IntStream.range(0, 60)
                .mapToObj(i -> item(i, Map.of("subject", i < 40 ? "law" : "art"), i < 20 || i > 50)).toList();
        List<RecordedItem> after = IntStream.range(0, 60).mapToObj(i -> item(i, before.get(i).doc(),
                i < 9 || i == 30 || i == 45 ? i >= 9 : i < 20 || i > 50)).toList();
        List<SubjectChange> changes = TaskChanges.of(List.of(new PairedTask(task(before), task(after))).stream(), 7)
                .subjects();
        assertEquals(List.of("law", "art"), changes.stream().map(SubjectChange::subject).toList(), "most items first");
        SubjectChange law = changes.get(0);
        assertEquals(List.of(40, 9, 1), List.of(law.n(), law.newlyWrong(), law.newlyRight()));
        assertEquals(20 / 40.0, law.before());
        assertEquals(12 / 40.0, law.after());
        assertEquals(2 * (1 + 10) / 1024.0, law.p(), 1e-15);
        assertEquals(4 * (1 + 10) / 1024.0, law.adjustedP(), 1e-15, "two subjects");
        assertEquals(ChangeVerdict.WORSE, law.verdict());
        assertEquals(SmallestChange.ofFlips(10, 40), law.smallestChange());
        assertEquals(1, changes.get(1).adjustedP());
        assertEquals(ChangeVerdict.NOISE, changes.get(1).verdict());
    }

    private static RecordedTask task(List<RecordedItem> items) {
        return new RecordedTask("exam", List.of(Metric.ACC), items, null, List.of());
    }
}
