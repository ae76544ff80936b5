"""Filters of text answers leave what lm-eval's leave."""

import pytest

from ballast.errors import InvalidInputError
from ballast.tasks.filters import FILTERS, pipelines

TEXTS = [
    "", "   ", "no number", "#### 1,200", "so #### -3. and #### 4", "$1,234.50 or 7 – ７", "The answer is (B).",
    "x #### .", "İSTANBUL ß \u2003", "\x1c\n a \x85", "a: B", ":  C and so on", "guilty of fraud", "Guilty!",
    "NUL \0", "𝄞 12 𝄞",
    "(''), ('dog', 'NOUN'), ('runs', 'VERB')", "person: Ann, Bob $$ location: none$$ date: 3 May\norg: ACME$",
    "#### 5\n#### 6",
]  # fmt: skip
ROWS = [{"choices": [" Guilty ", "guilty of fraud", "Paris?", "(d) x.y", "Guilty of fraud"]} for _ in TEXTS]
FIRST = {"function": "take_first"}
PIPELINES = {
    "first": [FIRST],
    "none": [],
    "gsm8k": [{"function": "regex", "regex_pattern": r"#### (\-?[0-9\.\,]+)"}, FIRST],
    "flexible": [
        {"function": "regex", "regex_pattern": r"(-?[$0-9.,]{2,})|(-?[0-9]+)", "group_select": -1}, FIRST
    ],
    "default pattern, fallback": [{"function": "regex", "fallback": " ? "}],
    "groups without a catch": [{"function": "regex", "regex_pattern": "(z)?(y)?", "fallback": " ? "}, FIRST],
    "whitespace": [{"function": "remove_whitespace"}, FIRST],
    "cases": [{"function": "lowercase"}, {"function": "uppercase"}, FIRST],
    "map": [{"function": "map", "mapping_dict": {"Guilty!": "yes", "": "none"}, "default_value": "?"}, FIRST],
    "map without default": [{"function": "map", "mapping_dict": {"Guilty!": "yes"}}, FIRST],
    "vote": [{"function": "majority_vote"}, FIRST],
    "first k": [{"function": "take_first_k", "k": 2}, {"function": "majority_vote"}],
    "tags": [{"function": "regex_pos"}, FIRST],
    "tags with fallback": [{"function": "regex_pos", "fallback": ["?"]}],
    "spans": [{"function": "format_span"}, FIRST],
    "choices": [{"function": "multi_choice_regex"}, FIRST],
    "choices of a pattern": [{"function": "multi_choice_regex", "regex_pattern": r"(\([A-Z]\))"}, FIRST],
    "choices in any case": [
        {"function": "multi_choice_regex", "ignore_case": True, "ignore_punctuation": True, "group_select": -1,
         "regexes_to_ignore": ["of "]}, FIRST
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", PIPELINES)
def test_filters_leave_what_lm_evals_leave(name, lm_eval):
    answers = [[text, text.upper(), text] for text in TEXTS]
    (pipeline,) = pipelines({"filter_list": [{"name": name, "filter": PIPELINES[name]}]})
    assert pipeline.apply(answers, ROWS) == lm_eval.ask(
        "filtered", steps=PIPELINES[name], answers=answers, rows=ROWS
    )  # fmt: skip


def test_every_filter_is_compared_with_lm_evals():
    compared = {step["function"] for steps in PIPELINES.values() for step in steps}
    assert compared == set(FILTERS) - {"custom"}


def test_without_a_list_the_first_answer_is_taken_under_the_name_none():
    (pipeline,) = pipelines({})
    assert pipeline.name == "none"
    assert pipeline.apply([["a", "b"], ["c"]], [{}, {}]) == ["a", "c"]


def test_a_filter_of_the_tasks_own_sees_answers_and_rows():
    class Mine:
        def __init__(self, suffix):
            self.suffix = suffix

        def apply(self, answers, rows):
            return [[text + row["q"] + self.suffix for text in each] for each, row in zip(answers, rows, strict=True)]

    turned = {"function": "custom", "filter_fn": lambda answers, rows: answers[::-1]}
    steps = [{"function": Mine, "suffix": "!"}, turned]
    (pipeline,) = pipelines({"filter_list": [{"name": "mine", "filter": [*steps, FIRST]}]})
    assert pipeline.apply([["a"], ["b"]], [{"q": "1"}, {"q": "2"}]) == ["b2!", "a1!"]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"function": "guess"}, "expected one of take_first, .*, found 'guess'"),
        ({"function": "decontaminate", "path": "x"}, "expected one of .*, found 'decontaminate'"),
        ({"function": "regex", "pattern": "a"}, "the filter regex cannot be made of .*'pattern'"),
        ({"function": "regex", "regex_pattern": "("}, "the filter regex cannot be made of"),
        ({"function": "take_first_k"}, "take_first_k cannot be made of {}: missing a required argument: 'k'"),
    ],
)  # fmt: skip
def test_a_filter_that_does_not_exist_is_refused_by_name(step, said):
    with pytest.raises(InvalidInputError, match=said):
        pipelines({"filter_list": [{"name": "f", "filter": [step]}]})


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"function": "take_first_k", "k": 2}, "filter f: failed with ValueError: expected at least 2 answers"),
        ({"function": "regex", "regex_pattern": "a", "group_select": 1}, "filter f: failed with IndexError"),
        ({"function": "multi_choice_regex"}, "filter f: failed with KeyError: 'choices'"),
    ],
)
def test_a_filter_that_fails_is_named(step, said):
    (pipeline,) = pipelines({"filter_list": [{"name": "f", "filter": [step]}]})
    with pytest.raises(InvalidInputError, match=said):
        pipeline.apply([["a"]], [{}])
