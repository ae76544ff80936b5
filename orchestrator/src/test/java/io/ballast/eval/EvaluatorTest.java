package io.ballast.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import io.ballast.data.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole evaluations with a model whose probabilities are known in closed form. */
class EvaluatorTest extends WithPython {
    private static final EvaluationProgress SILENT = (done, total) -> { };
    @TempDir
    Path folder;
    private final BigramScorer model = new BigramScorer(CharacterTokenizer.VOCABULARY);
    private Tokenizer tokenizer;

    @BeforeEach
    void open() {
        tokenizer = CharacterTokenizer.in(folder, false);
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    private Path file(String name, String... lines) throws IOException {
        return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
    }

    private Evaluation evaluate(int maxLength, EvaluationTask... tasks) {
        return new Evaluator(tokenizer, model, SmallTasks.NOTHING_GENERATED, 4, maxLength)
                .evaluate(EvaluationTasks.of(List.of(tasks)), AnswerCache.none(), SILENT, () -> false);
    }

    /** Log-probability of a text's characters after another, by the model's own formula. */
    private double logProbability(int before, String text) {
        double sum = 0;
        int last = before;
        for (char character : text.toCharArray()) {
            sum += model.logProbability(last, CharacterTokenizer.id(character));
            last = CharacterTokenizer.id(character);
        }
        return sum;
    }

    @Test
    void multipleChoiceIsTheModelsOwnChoice() throws IOException {
        String[] firsts = {"apple", "to", "river", "q"};
        String[] seconds = {"pear", "two words", "mountain", "rs"};
        Path file = file("piqa.jsonl", IntStream.range(0, 4).mapToObj(i -> "{\"goal\": \"g" + i + "\", \"sol1\": \""
                + firsts[i] + "\", \"sol2\": \"" + seconds[i] + "\", \"label\": 1}").toArray(String[]::new));
        double right = 0;
        double rightByLength = 0;
        for (int i = 0; i < 4; i++) {
            double first = logProbability(CharacterTokenizer.id(':'), " " + firsts[i]);
            double second = logProbability(CharacterTokenizer.id(':'), " " + seconds[i]);
            right += second > first ? 1 : 0;
            rightByLength += second / seconds[i].length() > first / firsts[i].length() ? 1 : 0;
        }
        Evaluation evaluation = evaluate(100, SmallTasks.shipped(bridge, "piqa", file, null));
        List<Score> scores = evaluation.scores("base");
        assertEquals(List.of("acc", "acc_norm"), scores.stream().map(Score::metric).toList());
        assertEquals(right / 4, scores.get(0).value());
        assertEquals(rightByLength / 4, scores.get(1).value());
        assertEquals(new Score("base", "piqa", Role.GENERAL, "acc", right / 4, scores.get(0).stderr(), 4, true),
                scores.get(0));
    }

    @Test
    void progressCountsItemsNotTheirChoices() throws IOException {
        Path file = file("piqa.jsonl", IntStream.range(0, 5).mapToObj(i -> "{\"goal\": \"g" + i
                + "\", \"sol1\": \"a" + i + "\", \"sol2\": \"two words\", \"label\": 1}").toArray(String[]::new));
        List<String> heard = new ArrayList<>();
        new Evaluator(tokenizer, model, SmallTasks.NOTHING_GENERATED, 10, 100).evaluate(
                EvaluationTasks.of(List.of(SmallTasks.shipped(bridge, "piqa", file, null))), AnswerCache.none(),
                (done, total) -> heard.add(done + " of " + total), () -> false);
        assertEquals(List.of("0 of 5", "5 of 5"), List.of(heard.get(0), heard.get(heard.size() - 1)));
    }

    @Test
    void itemsWhoseBestAnswersAreEquallyLikelyAreCounted() throws IOException {
        Path file = file("piqa.jsonl", "{\"goal\": \"g\", \"sol1\": \"ab\", \"sol2\": \"ab\", \"label\": 1}",
                "{\"goal\": \"h\", \"sol1\": \"ab\", \"sol2\": \"abc\", \"label\": 1}");
        assertEquals(List.of("piqa: of 1 of 2 items the best two answers are equally likely; the first counts, as in"
                + " lm-eval"), evaluate(100, SmallTasks.shipped(bridge, "piqa", file, null)).warnings());
    }

    @Test
    void aSubjectThatNoColumnHasIsRefusedWithTheColumnsThereAre() throws IOException {
        Path file = file("piqa.jsonl", "{\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \"b\", \"label\": 1}");
        EvaluationTask task = SmallTasks.of(bridge, "{\"general\": [{\"task\": \"piqa\", \"data\": \"" + file
                + "\", \"subject\": \"topic\"}]}").all().get(0);
        String message = assertThrows(InvalidInputException.class, () -> evaluate(1, task)).getMessage();
        assertTrue(message.contains("piqa.jsonl, line 1") && message.contains("'topic'")
                && message.contains("goal, sol1, sol2, label"), message);
    }

    @Test
    void aTextsPerplexityIsThatOfAllItsTokensAfterBos() throws IOException {
        Path file = file("texts.jsonl", "{\"text\": \"hello\"}", "{\"text\": \"a much longer text than that\"}",
                "{\"text\": \"\"}");
        double nats = -logProbability(CharacterTokenizer.BOS, "hello")
                - logProbability(CharacterTokenizer.BOS, "a much longer text than that");
        PerplexityTask task = new PerplexityTask("texts", Role.GENERAL, new TaskData(file, null, null), null, "{text}",
                false);
        // A bigram model needs no more context than a window gives, so cutting must not change anything.
        for (int maxLength : new int[] {100, 28, 27, 7, 2, 1}) {
            Score score = evaluate(maxLength, task).scores("base").get(0);
            assertEquals(Math.exp(nats / 33), score.value(), 1e-3, "window " + maxLength);
            assertEquals(3, score.n());
        }
    }

    @Test
    void endOfTextIsScoredWhereTrainingLearnsIt() throws IOException {
        Path file = file("texts.jsonl", "{\"text\": \"hello\"}");
        double nats = -logProbability(CharacterTokenizer.BOS, "hello")
                - model.logProbability(CharacterTokenizer.id('o'), CharacterTokenizer.EOS);
        assertEquals(Math.exp(nats / 6), evaluate(100, new PerplexityTask("texts", Role.GENERAL,
                new TaskData(file, null, null), null, "{text}", true)).scores("base").get(0).value(), 1e-3);
    }

    @Test
    void aCompletionIsScoredAloneGivenItsPrompt() throws IOException {
        Path file = file("qa.jsonl", "{\"q\": \"why\", \"a\": \"so\"}", "{\"q\": \"who\", \"a\": null}",
                "{\"q\": \"when\", \"a\": \"now\"}");
        double nats = -logProbability(CharacterTokenizer.id('y'), " so")
                - logProbability(CharacterTokenizer.id('n'), " now")
                - model.logProbability(CharacterTokenizer.id('o'), CharacterTokenizer.EOS)
                - model.logProbability(CharacterTokenizer.id('w'), CharacterTokenizer.EOS);
        Evaluation evaluation = evaluate(100, new PerplexityTask("qa", Role.DOMAIN,
                new TaskData(file, "a is not null", null), "{q}", " {a}", true));
        assertEquals(Math.exp(nats / 9), evaluation.scores("domain").get(0).value(), 1e-3);
        assertEquals(2, evaluation.scores("domain").get(0).n());
        assertEquals(List.of(), evaluation.warnings());
    }

    @Test
    void aLongCompletionLosesItsEndAndIsCounted() throws IOException {
        Path file = file("qa.jsonl", "{\"q\": \"why\", \"a\": \"because\"}", "{\"q\": \"who\", \"a\": \"me\"}");
        Evaluation evaluation = evaluate(8, new PerplexityTask("qa", Role.DOMAIN, new TaskData(file, null, null),
                "{q}", " {a}", true));
        // BOS why␣because EOS is 13 tokens, of which 8 stay; BOS who␣me EOS is 8.
        assertEquals(1, evaluation.results().get(0).cutItems());
        assertEquals(5, evaluation.results().get(0).cutTokens());
        assertTrue(evaluation.warnings().get(0).startsWith("qa: 1 of 2 items are longer than the 8 tokens"),
                evaluation.warnings().toString());
    }

    @Test
    void aLongPromptLosesItsBeginningAndIsCounted() throws IOException {
        Path file = file("lambada.jsonl", "{\"text\": \"a rather long text indeed\"}", "{\"text\": \"no more\"}");
        Evaluation evaluation = evaluate(10, SmallTasks.shipped(bridge, "lambada_openai", file, null));
        assertEquals(1, evaluation.results().get(0).cutItems());
        assertEquals(25 - 11, evaluation.results().get(0).cutTokens());
        double mean = (-logProbability(CharacterTokenizer.id('t'), " indeed")
                - logProbability(CharacterTokenizer.id('o'), " more")) / 2;
        assertEquals(Math.exp(mean), evaluation.scores("base").get(0).value(), Math.exp(mean) * 1e-5);
    }

    @Test
    void aLimitTakesTheFirstRowsThatTheConditionLeaves() throws IOException {
        Path file = file("texts.jsonl", "{\"text\": \"a\", \"i\": 0}", "{\"text\": \"b\", \"i\": 1}",
                "{\"text\": \"c\", \"i\": 2}", "{\"text\": \"d\", \"i\": 3}");
        TaskResult result = evaluate(100, new PerplexityTask("texts", Role.GENERAL, new TaskData(file, "i > 0", 2),
                null, "{text}", false)).results().get(0);
        assertEquals("b c", result.items().stream().map(each -> each.item().target())
                .collect(Collectors.joining(" ")));
        assertEquals(3, result.available());
    }

    @Test
    void aFileThatChangesBetweenStagesIsRefused() throws IOException {
        Path file = file("texts.jsonl", "{\"text\": \"before\"}");
        PerplexityTask task = new PerplexityTask("texts", Role.GENERAL, new TaskData(file, null, null), null, "{text}",
                false);
        Evaluator evaluator = new Evaluator(tokenizer, model, SmallTasks.NOTHING_GENERATED, 4, 100);
        EvaluationTasks tasks = EvaluationTasks.of(List.of(task));
        Evaluation before = evaluator.evaluate(tasks, AnswerCache.none(), SILENT, () -> false);
        assertEquals(before.scores("base"), evaluator.evaluate(tasks, AnswerCache.none(), SILENT, () -> false).scores("base"));
        Files.writeString(file, "{\"text\": \"after\"}");
        String message = assertThrows(InvalidInputException.class,
                () -> evaluator.evaluate(tasks, AnswerCache.none(), SILENT, () -> false)).getMessage();
        assertTrue(message.contains("texts.jsonl") && message.contains("19 bytes") && message.contains("17 bytes"),
                message);
    }

    @Test
    void textsWithNothingToScoreAreRefused() throws IOException {
        Path file = file("texts.jsonl", "{\"text\": \"\"}");
        PerplexityTask task = new PerplexityTask("texts", Role.GENERAL, new TaskData(file, null, null), null, "{text}",
                false);
        String message = assertThrows(InvalidInputException.class, () -> evaluate(10, task)).getMessage();
        assertTrue(message.contains("nothing to score") && message.contains("texts.jsonl"), message);
    }

    @Test
    void aCompletionThatIsCutToNothingNamesItsLine() throws IOException {
        Path file = file("qa.jsonl", "{\"q\": \"w\", \"a\": \"so\"}", "{\"q\": \"a long question\", \"a\": \"so\"}");
        PerplexityTask task = new PerplexityTask("qa", Role.DOMAIN, new TaskData(file, null, null), "{q}", " {a}",
                true);
        String message = assertThrows(InvalidInputException.class, () -> evaluate(10, task)).getMessage();
        assertTrue(message.contains("qa.jsonl, line 2"), message);
    }
}
