"""What answers come to is what lm-eval says."""

import importlib.util
from pathlib import Path

import numpy
import pytest

from ballast.errors import InvalidInputError
from ballast.tasks import Question, TaskSession
from ballast.tasks.answers import checked, exact_match, results_of_text
from ballast.tasks.directory import SHIPPED
from ballast.tasks.metrics import Metric

FILES = Path(importlib.util.find_spec("lm_eval").origin).parent / "tasks"
PAIRS = [
    ("a", "a"), ("a", "A"), ("a ", "a"), ("", ""), ("nul\0", "nul"), ("nul\0\0", "nul\0"), ("İX", "iX"), ("İ", "i̇"),
    ("ẞ", "ß"), ("ǅ", "ǆ"), ("ΑΣ", "ας"), ("1,200.", "1200"), ("$5", "5"), ("#### 7.", "7"), ("a.b!c", "abc"),
    ("a–b", "ab"), ("x1", "x"), ("x１", "x"), ("\u2003a", "a"), ("𝄞", "𝄞"), ("e\u0301", "é"), ("so\n#### 9", "9"),
    ("¿qué?", "qué"), ("a\0b.", "a\0b"),
]  # fmt: skip
GSM8K = {"ignore_case": True, "regexes_to_ignore": [",", r"\$", "(?s).*#### ", r"\.$"]}
OPTIONS = [
    {}, {"ignore_case": True}, {"ignore_punctuation": True}, {"ignore_numbers": True}, GSM8K,
    {"ignore_case": True, "ignore_punctuation": True, "ignore_numbers": True, "regexes_to_ignore": ["X$", "b"]},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS)
def test_exact_match_is_lm_evals_on_awkward_texts(options, lm_eval):
    for one, other in PAIRS:
        for prediction, reference in ((one, other), (other, one)):
            mine = exact_match([prediction], [reference], **options)
            theirs = lm_eval.ask("exact_match", predictions=[prediction], references=[reference], options=options)
            assert mine == theirs, (prediction, reference)


@pytest.mark.parametrize("options", OPTIONS)
def test_exact_match_of_several_is_their_share_as_lm_evals(options, lm_eval):
    predictions, references = zip(*PAIRS, strict=True)
    theirs = lm_eval.ask("exact_match", predictions=predictions, references=references, options=options)
    assert exact_match(predictions, references, **options) == pytest.approx(theirs, abs=1e-12)


SUMS = [{"question": f"{i}?", "answer": answer} for i, answer in enumerate(
    ["5\n#### 1,200", "#### 3", "#### $4", "no mark", "#### 5.", "#### 6", "#### -7", "#### 8"])]  # fmt: skip
SPOKEN = ["It is #### 1200.", " 3", "so 4\nQuestion:", "no mark", "#### 5. #### 6", "", "−7 or -7", "88, 8"]


def test_results_of_sums_are_those_of_lm_evals_gsm8k(lm_eval):
    theirs = lm_eval.ask(
        "results",
        file=str(FILES / "gsm8k" / "gsm8k.yaml"),
        splits={"test": SUMS},
        changes={"training_split": None, "fewshot_split": None},
        responses=SPOKEN,
    )
    assert scored("sums", SUMS, SPOKEN) == theirs
    assert {item["metrics"]["exact_match"] for each in theirs for item in each} == {0.0, 1.0}


def test_results_of_wikitext_are_lm_evals(lm_eval):
    rows = [{"page": " = A = \n Height 1 @,@ 200 m . "}, {"page": "ü 𝄞 \u2003 x"}, {"page": ""}]
    totals = [-12.5, -1e-9, 0.0]
    theirs = lm_eval.ask(
        "results",
        file=str(FILES / "wikitext" / "wikitext.yaml"),
        splits={"test": rows},
        changes={"training_split": None, "validation_split": None},
        responses=totals,
    )
    mine = scored("wikitext", rows, [[[total, None]] for total in totals])
    assert [each["metrics"] for (each,) in mine] == [each["metrics"] for (each,) in theirs]


def scored(task: str, rows: list, responses: list) -> list:
    session = TaskSession.open(str(SHIPPED / f"{task}.yaml"), trust_code=False)
    session.add_rows("test", rows)
    session.prepare(0, None, 1234)
    session.questions(0, len(rows))
    return session.results(0, responses)


GENERATED = {
    "several right answers": ("answers", None, [["a", "b"], ["c"], ["d", "d"]], ["b", "x", "d"]),
    "numbers as answers": ("answers", None, [7, 8, 9], ["7", "8.0", "9"]),
    "a choice's number": ("answers", ["yes", "no"], [0, 1, 1], ["yes", "yes", "no"]),
}


@pytest.mark.parametrize("name", GENERATED)
def test_targets_of_other_kinds_are_met_as_in_lm_eval(name, lm_eval, tmp_path):
    target, choices, targets, spoken = GENERATED[name]
    file = tmp_path / "task.yaml"
    file.write_text(
        f"task: t\ntest_split: test\ndoc_to_text: q\ndoc_to_target: {target}\n"
        + (f"doc_to_choice: {choices}\n" if choices else "")
    )
    rows = [{"q": "?", "answers": each} for each in targets]
    theirs = lm_eval.ask("results", file=str(file), splits={"test": rows}, changes={}, responses=spoken)
    session = TaskSession.open(str(file), trust_code=False)
    session.add_rows("test", rows)
    session.prepare(0, None, 1234)
    session.questions(0, 3)
    assert session.results(0, spoken) == theirs


def test_a_corpus_score_is_made_of_what_it_is_made_of_in_lm_eval(lm_eval, tmp_path):
    file = tmp_path / "task.yaml"
    file.write_text(
        "task: t\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\nmetric_list: [{metric: bleu}, {metric: ter}]\n"
    )
    rows = [{"q": "?", "a": "the cat sat on a mat"}, {"q": "?", "a": "a dog ran to the house"}]
    spoken = ["the cat sat on the mat", "a dog ran home"]
    theirs = lm_eval.ask("results", file=str(file), splits={"test": rows}, changes={}, responses=spoken)
    session = TaskSession.open(str(file), trust_code=False)
    session.add_rows("test", rows)
    session.prepare(0, None, 1234)
    session.questions(0, 2)
    mine = session.results(0, spoken)
    assert mine == theirs
    pairs = [each["metrics"]["bleu"] for (each,) in mine]
    value, _ = lm_eval.ask("aggregated", name="bleu", items=pairs, draws=2)
    assert session.aggregate("bleu", pairs)[0] == pytest.approx(value, rel=1e-12) and value > 10
    with pytest.raises(InvalidInputError, match="t: metric bleu: its aggregation failed on 2 items with TypeError"):
        session.aggregate("bleu", [1.0, 1.0])  # What lm-eval, too, makes of several right answers.


def metric(**changes) -> Metric:
    return Metric(**({"name": "m", "aggregation": "mean", "higher_is_better": True} | changes))


QUESTION = Question({"q": 1}, [("?",)], [], [], "gold")


def test_a_metric_of_the_tasks_own_is_called_in_both_of_lm_evals_forms():
    def by_name(references, predictions, scale):
        return {"m": scale * (references == predictions)}

    def by_pair(items):
        return float(items[0] == items[1])

    assert results_of_text([metric(function=by_name, options={"scale": 3})], QUESTION, "gold", False) == {"m": 3}
    assert results_of_text([metric(function=by_pair)], QUESTION, "gold", False) == {"m": 1.0}


def test_an_answer_that_is_left_as_a_list_is_compared_one_by_one():
    found = results_of_text([metric(name="exact_match")], QUESTION, ["gold", "x", "y", "gold"], False)
    assert found == {"exact_match": 0.5}


@pytest.mark.parametrize(
    ("given", "aggregation", "said"),
    [
        ({"other": 1}, "mean", "metric m: expected a value, found only other"),
        ({"m": "1"}, "mean", "expected a number that is finite, found '1'"),
        ({"m": float("nan")}, "mean", "found nan"),
        ({"m": (1.0, 2)}, "mean", "found \\(1.0, 2\\)"),
        ({"m": 1.0}, "weighted_perplexity", r"expected \[total, weight\] that is finite, found 1.0"),
        ({"m": (1.0, float("inf"))}, "bits_per_byte", "found"),
    ],
)
def test_a_value_that_cannot_be_aggregated_is_refused(given, aggregation, said):
    with pytest.raises(InvalidInputError, match=said):
        checked(metric(aggregation=aggregation), given)


def test_values_stay_what_they_are():
    assert checked(metric(), {"m": True}) is True
    assert checked(metric(), {"m": numpy.float64(0.5)}) == 0.5
    assert checked(metric(aggregation="weighted_perplexity"), {"m": (numpy.float32(-2.0), 3)}) == [-2.0, 3]


@pytest.mark.parametrize(
    ("function", "answer", "said"),
    [
        (lambda references, predictions: 1 / 0, "a", "metric m: failed with ZeroDivisionError"),
        (None, None, "expected an answer to compare with 'gold', found None"),
        (None, 3, "expected an answer to compare with 'gold', found 3"),
    ],
)
def test_an_answer_that_cannot_be_compared_is_named(function, answer, said):
    with pytest.raises(InvalidInputError, match=said):
        results_of_text([metric(function=function)], QUESTION, answer, False)
