package io.ballast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ballast.InvalidInputException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every mistake that can be told from the experiment alone, with what its message must contain. */
class BadExperimentsTest {
    private static final String DATA = "[{\"path\": \"a.jsonl\", \"text\": \"{text}\"}]";

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake("misspelt key", "\"learningRate\"", "\"learningrte\"",
                        "domain.learningrte", "unknown key", "Did you mean 'learningRate'?"),
                mistake("snake case", "\"steps\"", "\"batch_size\"", "Did you mean 'batchSize'?"),
                mistake("unknown key that is near nothing", "\"steps\"", "\"colour\"", "domain.colour",
                        "There is: name, data, steps"),
                mistake("a text for a number", "80", "\"80\"", "domain.steps", "a whole number of at least 1",
                        "the text \"80\""),
                mistake("a number for a text", "\"first\"", "1", "name", "expected a text", "the number 1"),
                mistake("a fraction of a step", "80", "80.5", "domain.steps", "whole", "80.5"),
                mistake("more steps than an int holds", "80", "3000000000", "domain.steps", "whole"),
                mistake("a file and text that the model writes", "\"path\": \"a.jsonl\"",
                        "\"path\": \"a.jsonl\", \"generate\": {}", "only one of path or generate"),
                mistake("a template for text that the model writes", "\"path\": \"a.jsonl\"", "\"generate\": {}",
                        "only one of text", "generate"),
                mistake("text that the model writes too cold", DATA, "{\"generate\": {\"temperature\": 0}}",
                        "domain.data[0].generate.temperature", "larger than 0"),
                mistake("a subject of a perplexity", "1e-4}",
                        "1e-4}, \"evaluation\": {\"general\": [{\"perplexity\": \"a.jsonl\","
                                + " \"subject\": \"topic\"}]}", "evaluation.general[0]",
                        "only one of subject or perplexity"),
                mistake("replay without general rows", "\"steps\": 80", "\"steps\": 80, \"replay\": 0.1",
                        "domain.replay", "'general' or 'domain.replayData'", "neither"),
                mistake("nothing but replay", "\"steps\": 80", "\"replay\": 1", "domain.replay", "at most 0.99"),
                mistake("replayed data without a share", "\"steps\": 80", "\"replayData\": " + DATA,
                        "domain.replayData", "a share in 'domain.replay'"),
                mistake("no steps", "80", "0", "domain.steps", "at least 1", "the number 0"),
                mistake("negative learning rate", "1e-4", "-1e-4", "domain.learningRate", "larger than 0", "-1e-4"),
                mistake("learning rate zero", "1e-4", "0", "domain.learningRate", "larger than 0"),
                mistake("learning rate beyond a double", "1e-4", "1e999", "domain.learningRate", "a number"),
                mistake("a word for a truth value", "\"steps\": 80", "\"packing\": \"yes\"", "domain.packing",
                        "true or false"),
                mistake("an unknown word", "\"steps\": 80", "\"schedule\": \"cosin\"", "domain.schedule",
                        "one of linear, cosine, constant", "Did you mean 'cosine'?"),
                mistake("a word in capitals", "\"steps\": 80", "\"schedule\": \"COSINE\"", "Did you mean 'cosine'?"),
                mistake("null", "80", "null", "domain.steps", "found null", "Leave the key out"),
                mistake("missing required key", "\"name\": \"first\", ", "", "name", "missing"),
                mistake("missing learning rate", ", \"learningRate\": 1e-4", "", "domain.learningRate", "missing"),
                mistake("an empty data entry", DATA, "{}", "domain.data[0]", "path or generate", "none of them"),
                mistake("a text for a list", DATA, "\"a.jsonl\"", "domain.data", "expected a list", "the text"),
                mistake("an empty list of data", DATA, "[]", "domain.data", "a list of at least 1"),
                mistake("a list for an object", "{\"path\": \"model\"}", "[]", "model", "an object", "a list of 0"),
                mistake("steps and epochs", "80", "80, \"epochs\": 2", "domain", "only one of steps or epochs"),
                mistake("two ways to make text", "\"text\": \"{text}\"", "\"text\": \"{text}\", \"messages\": \"m\"",
                        "domain.data[0]", "text or prompt with completion or messages", "text and messages"),
                mistake("no way to make text", ", \"text\": \"{text}\"", "", "domain.data[0]", "none of them"),
                mistake("a prompt without completion", "\"text\"", "\"prompt\"", "domain.data[0]",
                        "'prompt' needs 'completion'"),
                mistake("weight zero", "\"text\": \"{text}\"", "\"text\": \"{text}\", \"weight\": 0",
                        "domain.data[0].weight", "larger than 0"),
                mistake("a name that is no file name", "\"first\"", "\"a/b\"", "name", "Letters, digits"),
                mistake("a path that no file system has", "\"a.jsonl\"", "\"a\\u0000b\"", "domain.data[0].path",
                        "expected a path"),
                mistake("an unknown device", "{\"path\": \"model\"}", "{\"path\": \"model\", \"device\": \"gpu\"}",
                        "model.device", "auto, cpu, cuda or cuda:N"),
                mistake("an unknown storage", "\"domain\"", "\"importance\": {\"storage\": \"int4\"}, \"domain\"",
                        "importance.storage", "one of float32, bfloat16, int8, sparse, factored"),
                mistake("no share", "\"domain\"", "\"importance\": {\"share\": 0}, \"domain\"",
                        "importance.share", "larger than 0 and of at most 1"),
                mistake("dropout above 1", "\"domain\"", "\"adapter\": {\"dropout\": 1.5}, \"domain\"",
                        "adapter.dropout", "at least 0 and of at most 1"),
                mistake("no targets", "\"domain\"", "\"adapter\": {\"targets\": []}, \"domain\"",
                        "adapter.targets", "at least 1"),
                added("an adapter that PEFT lacks", "\"adapter\": {\"kind\": \"lora-null\"}", "adapter.kind",
                        "one of lora, rslora, dora, qlora, corda, osf"),
                added("a rank of osf", "\"adapter\": {\"kind\": \"osf\", \"rank\": 4}", "adapter.rank", "no such key",
                        "found 4", "Leave it out"),
                added("a dropout of osf", "\"adapter\": {\"kind\": \"osf\", \"dropout\": 0}", "adapter.dropout"),
                added("a preserved share of LoRA", "\"adapter\": {\"preserved\": 0.5}", "adapter.preserved",
                        "only the kind osf"),
                added("five bits", "\"adapter\": {\"kind\": \"qlora\", \"bits\": 5}", "adapter.bits", "4 or 8"),
                added("bits of LoRA", "\"adapter\": {\"bits\": 8}", "adapter.bits", "only the kind qlora"),
                added("samples of DoRA", "\"adapter\": {\"kind\": \"dora\", \"samples\": 5}", "adapter.samples",
                        "only the kind corda"),
                added("corda without general text", "\"adapter\": {\"kind\": \"corda\"}", "adapter.kind",
                        "a block 'general'", "or use the kind lora"),
                added("olora without an adapter", "\"retention\": {\"method\": \"olora\"}", "retention.method",
                        "kind lora, rslora or corda for olora", "found none"),
                added("olora without the adapter that came before", "\"general\": {\"data\": [{\"path\": \"rows.jsonl\","
                        + " \"text\": \"{text}\"}], \"steps\": 1, \"learningRate\": 1}, \"adapter\": {}, \"retention\":"
                        + " {\"method\": \"olora\", \"reference\": \"start\"}", "retention.reference", "end for olora",
                        "retention.options.former"),
                added("olora with lengths that are trained", "\"adapter\": {\"kind\": \"dora\"}, \"retention\":"
                        + " {\"method\": \"olora\"}", "retention.method", "found dora"),
                added("shrink after olora", "\"adapter\": {}, \"retention\": {\"method\": \"olora\"}, \"afterTraining\":"
                        + " {\"method\": \"shrink\", \"strength\": 1}", "afterTraining.method", "wise-ft or lines"),
                added("gradients of weights in few bits", "\"adapter\": {\"kind\": \"qlora\"}, \"retention\": {\"method\":"
                        + " \"ewc-lora\", \"anchor\": \"a\"}", "retention.options.variant",
                        "batched or online with adapter.kind qlora", "found released"),
                added("shrink of what ewc-lora measures", "\"adapter\": {}, \"retention\": {\"method\": \"ewc-lora\", \"anchor\":"
                        + " \"a\"}, \"afterTraining\": {\"method\": \"shrink\", \"strength\": 1}", "afterTraining.method",
                        "wise-ft or lines with the space effective", "no low rank"),
                added("a way back without its strength", "\"afterTraining\": {\"method\": \"lines\"}",
                        "afterTraining.strength", "missing"),
                added("a way back beyond the trained model",
                        "\"afterTraining\": {\"method\": \"wise-ft\", \"strength\": 1.2}", "afterTraining.strength",
                        "at most 1 for wise-ft", "found 1.2"),
                added("a way back by importance without any",
                        "\"afterTraining\": {\"method\": \"shrink\", \"strength\": 1}", "afterTraining.method",
                        "a block 'general' or 'retention.anchor'", "use wise-ft or lines"),
                added("the scale of an osf update", "\"adapter\": {\"kind\": \"osf\"},"
                        + " \"afterTraining\": {\"method\": \"wise-ft\", \"strength\": 1}", "afterTraining.method",
                        "use shrink"),
                mistake("warm-up longer than the phase", "80", "80, \"warmupSteps\": 81", "domain.warmupSteps",
                        "at most the phase's 80 steps"),
                added("unknown method", "\"retention\": {\"method\": \"hierarchcal\"}", "retention.method",
                        "none, l2, hierarchical", "Did you mean 'hierarchical'?"),
                added("a method that lacks its anchor", "\"retention\": {\"method\": \"hierarchical\"}",
                        "retention.method", "a block 'general' or 'retention.anchor'", "needs an anchor"),
                added("an anchor beside a general phase",
                        "\"retention\": {\"anchor\": \"a\"}, \"general\": {\"data\": " + DATA + ", \"learningRate\": 1}",
                        "found both"),
                added("unseen rows that no general text tells",
                        "\"retention\": {\"method\": \"l2\", \"options\": {\"freeUnseen\": true}}",
                        "retention.options.freeUnseen", "a block 'general' or 'retention.anchor'", "which tokens are seen"),
                added("the effective space of no adapter",
                        "\"retention\": {\"method\": \"l2\", \"space\": \"effective\"}", "retention.space", "a block 'adapter'", "set retention.space to factors"),
                added("a method of the effective space without an adapter", "\"retention\": {\"method\": \"ewc-lora\","
                        + " \"anchor\": \"a\"}", "retention.space", "a block 'adapter'"),
                added("a form that the method does not have", "\"adapter\": {}, \"retention\": {\"method\":"
                        + " \"olora\", \"form\": \"proximal\"}", "retention.form", "gradient for the method olora"),
                added("negative strength", "\"retention\": {\"lambda\": -1}", "retention.lambda", "at least 0"),
                added("xi of nothing", "\"retention\": {\"xi\": 0}", "retention.xi", "larger than 0"),
                added("xi with another word", "\"retention\": {\"xi\": {\"absolute\": 1}}", "retention.xi",
                        "{\"relative\": r}"),
                added("an unknown stage", "\"evaluation\": {\"stages\": [\"base\", \"anchor\"]}",
                        "evaluation.stages[1]", "Did you mean 'anchored'?"),
                added("a stage twice", "\"evaluation\": {\"stages\": [\"base\", \"base\"]}", "evaluation.stages[1]",
                        "base is there twice"),
                added("a task and a perplexity in one", "\"evaluation\": {\"general\": [{\"task\": \"sciq\","
                        + " \"perplexity\": \"a.jsonl\"}]}", "evaluation.general[0]", "only one of task or multipleChoice or perplexity"),
                added("neither task nor perplexity", "\"evaluation\": {\"general\": [{\"name\": \"x\"}]}",
                        "evaluation.general[0]", "task or multipleChoice or perplexity", "none of them"),
                added("columns of a perplexity", "\"evaluation\": {\"general\": [{\"perplexity\": \"a.jsonl\","
                        + " \"columns\": {}}]}", "evaluation.general[0]", "'columns' needs 'task'"),
                added("the same name twice", "\"evaluation\": {\"general\": [\"sciq\"], \"domain\": [\"sciq\"]}",
                        "evaluation.domain[0]", "'sciq', which is the name of evaluation.general[0] too"),
                added("the perplexity of chat", "\"general\": {\"data\": [{\"path\": \"a\", \"messages\": \"m\"}],"
                        + " \"learningRate\": 1}, \"evaluation\": {\"general\": [{\"perplexity\": \"p.jsonl\"}]}",
                        "evaluation.general[0]", "general.data[0]"),
                two("domains without names", "\"name\": \"a\", ", "", "domain[0].name", "Each of several domains"),
                two("domains of one name", "\"name\": \"b\"", "\"name\": \"a\"", "domain[1].name", "a name of its own"),
                two("a domain that is called as a stage", "\"name\": \"a\"", "\"name\": \"base\"", "domain[0].name",
                        "'base'"),
                two("a task of no domain", ", \"domain\": \"a\"", "", "evaluation.domain[0].domain", "a, b"),
                two("a task of an unknown domain", "\"domain\": \"a\"", "\"domain\": \"c\"",
                        "evaluation.domain[0].domain", "a, b", "'c'"),
                two("decay without a factor", "\"carry\": \"sum\"", "\"carry\": \"decay\"", "importance.decay",
                        "a factor with the way decay"),
                two("a factor without decay", "\"carry\": \"sum\"", "\"decay\": 0.5", "importance.decay",
                        "0.5 with sum"),
                two("more than all importance is left", "\"carry\": \"sum\"", "\"carry\": \"decay\", \"decay\": 2",
                        "importance.decay", "at most 1"),
                two("separate references of products", "\"method\": \"l2\"",
                        "\"method\": \"l2\", \"space\": \"effective\"", "\"carry\": \"sum\"",
                        "\"carry\": \"separate\"", "importance.carry", "sum, mean, decay or maximum"),
                two("an unheld new adapter", "\"method\": \"l2\"", "\"method\": \"hierarchical\", \"anchor\": \"x\"",
                        "\"adapter\": {", "\"adapter\": {\"carry\": \"stack\"", "adapter.carry",
                        "continue for hierarchical"),
                two("an adapter that cannot be folded", "\"adapter\": {",
                        "\"adapter\": {\"carry\": \"merge\", \"kind\": \"dora\"", "adapter.carry", "found merge"),
                two("olora on one adapter", "\"method\": \"l2\"", "\"method\": \"olora\"", "\"adapter\": {",
                        "\"adapter\": {\"carry\": \"continue\"", "adapter.carry", "stack with olora"),
                two("a way back from stacked adapters", "\"adapter\": {", "\"afterTraining\": {\"method\": \"lines\","
                        + " \"strength\": 0.5}, \"adapter\": {\"carry\": \"stack\"", "afterTraining", "lines"),
                added("an adapter to be carried on from one domain", "\"adapter\": {\"carry\": \"merge\"}",
                        "adapter.carry", "several domains"),
                added("a name for the general phase", "\"general\": {\"name\": \"x\", \"data\": " + DATA
                        + ", \"learningRate\": 1}", "general.name", "no name for the general phase"),
                added("a general task of a domain", "\"evaluation\": {\"general\": [{\"perplexity\": \"p.jsonl\","
                        + " \"domain\": \"domain\"}]}", "evaluation.general[0].domain", "no domain for a general task"),
                Arguments.of("neither general nor domain", "{\"name\": \"a\", \"model\": {\"path\": \"m\"}}",
                        List.of("a block 'general' or 'domain'")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void isRefusedWithItsPlaceAndWhatToDo(String what, String json, List<String> expected) {
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> Experiments.parse(json));
        expected.forEach(text -> assertTrue(e.getMessage().contains(text), e.getMessage()));
        assertEquals(2, e.exitCode());
    }

    private static Arguments mistake(String what, String found, String replacement, String... expected) {
        return Arguments.of(what, Experiments.domainWith(found, replacement), List.of(expected));
    }

    /** Two domains a and b, with texts replaced in turn; the arguments after the last pair are what is expected. */
    private static Arguments two(String what, String... changesThenExpected) {
        String json = """
                {"name": "two", "model": {"path": "model"}, "adapter": {}, "retention": {"method": "l2"},
                 "importance": {"carry": "sum"},
                 "domain": [{"name": "a", "data": [{"path": "a.jsonl", "text": "{text}"}], "learningRate": 1},
                            {"name": "b", "data": [{"path": "b.jsonl", "text": "{text}"}], "learningRate": 1}],
                 "evaluation": {"domain": [{"perplexity": "p.jsonl", "domain": "a"}]}}""";
        int i = 0;
        for (; i + 1 < changesThenExpected.length && json.contains(changesThenExpected[i]); i += 2) {
            json = json.replaceFirst(Pattern.quote(changesThenExpected[i]),
                    Matcher.quoteReplacement(changesThenExpected[i + 1]));
        }
        return Arguments.of(what, json, List.of(changesThenExpected).subList(i, changesThenExpected.length));
    }

    private static Arguments added(String what, String keys, String... expected) {
        return mistake(what, "\"domain\": {\"data\"", keys + ", \"domain\": {\"data\"", expected);
    }
}
