import pytest

from ballast.errors import InvalidInputError
from ballast.tasks import TaskSession, multiple_choice


def asked(rows: list[dict], prompt: str = "{q}?", choices: tuple = ("{a}", "{b}")) -> list[dict]:
    session = TaskSession.of(multiple_choice("mine", prompt, choices, "{label}"))
    session.add_rows("test", rows)
    session.prepare(0, None, 0)
    return session.questions(0, len(rows))


ROW = {"q": "Why", "a": "yes", "b": "no", "label": "1"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Question: {q}\nAnswer:", "Question: Why\nAnswer:"),
        ("{{q}} {q} }} {{", "{q} Why } {"),
        ("{{% if x %}}{{# no #}}{q}\\n\\", "{% if x %}{# no #}Why\\n\\"),
        ('"quoted" \'{q}\'\r\n\t', '"quoted" \'Why\'\r\n\t'),
        ("{{{q}}}", "{Why}"),
        ("ü 𝄞 \u2028{any name: \"of\" 'it', ü}", "ü 𝄞 \u2028{{ not }} a template"),
        ("plain", "plain"),
    ],
)
def test_a_template_means_what_it_means_elsewhere_in_ballast(template, text):
    (question,) = asked([ROW | {"any name: \"of\" 'it', ü": "{{ not }} a template"}], prompt=template)
    assert question["arguments"] == [(text, " yes"), (text, " no")]


def test_values_that_are_no_text_stand_as_in_json():
    row = {"n": 3, "f": 0.5, "yes": True, "list": ["ü", None], "map": {"a": 1}, "label": 0}
    (question,) = asked([row], prompt="{n} {f} {yes} {list} {map}", choices=("a", "b"))
    assert question["arguments"][0][0] == '3 0.5 true ["ü",null] {"a":1}'


@pytest.mark.parametrize(
    ("answer", "gold"), [("1", 1), (1, 1), (0, 0), ("no", 1), ("yes", 0), (1.0, 1), ("1.0", 1), (" 1 ", 1)]
)
def test_an_answer_is_an_index_or_a_choices_text(answer, gold):
    (question,) = asked([ROW | {"label": answer}])
    assert question["gold"] == [gold] and question["target"] == str(gold)


def test_an_answer_that_is_both_the_same_index_and_text_is_taken():
    (question,) = asked([ROW | {"a": "0", "b": "1", "label": "1"}])
    assert question["gold"] == [1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"label": "2"}, r"answer: expected the index \(from 0\) or the text of one of .*, found '2', which is none"),
        ({"label": "-1"}, "found '-1', which is none"),
        ({"label": "Yes"}, "found 'Yes', which is none"),
        ({"a": "1", "b": "0"}, r"found '1', which may be choice \[0, 1\]"),
        ({"a": "no", "label": "no"}, r"found 'no', which may be choice \[0, 1\]"),
        ({"label": None}, "expected a value in the column 'label', found none"),
        ({"q": None}, "expected a value in the column 'q', found none"),
        ({"q": "7"}, "prompt: expected words, found only the number 7"),
    ],
)
def test_a_row_that_does_not_fit_is_named(changes, said):
    rows = [ROW, ROW | changes]
    with pytest.raises(InvalidInputError, match="mine, row 1: .*" + said):
        asked(rows, prompt="{q}")


@pytest.mark.parametrize("name", ["range", "dict", "column", "self", "loop", "lipsum"])
def test_a_column_may_have_any_name_and_is_missed_by_that_name(name):
    (question,) = asked([ROW | {name: "here"}], prompt=f"{{{name}}}!")
    assert question["arguments"][0][0] == "here!"
    with pytest.raises(InvalidInputError, match=f"mine, row 0: expected a value in the column '{name}', found none"):
        asked([ROW], prompt=f"{{{name}}}!")


@pytest.mark.parametrize(
    ("prompt", "said"),
    [("a {q", "at character 3"), ("q}", "at character 2"), ("{}", "at character 1"), ("{a{b}}", "at character 1")],
)
def test_a_brace_without_a_partner_is_refused(prompt, said):
    with pytest.raises(InvalidInputError, match=said):
        multiple_choice("mine", prompt, ["a"], "{label}")


def test_choices_are_needed():
    with pytest.raises(InvalidInputError, match="mine: choices: expected templates"):
        multiple_choice("mine", "{q}", [], "{label}")


def test_examples_stand_before_a_question_of_ones_own():
    session = TaskSession.of(multiple_choice("mine", "{q}?", ["{a}", "{b}"], "{label}"))
    session.add_rows("test", [ROW, ROW | {"q": "Who", "label": "yes"}])
    session.prepare(1, None, 1234)
    first, second = session.questions(0, 2)
    assert first["arguments"][0] == ("Who? yes\n\nWhy?", " yes")
    assert second["arguments"][1] == ("Why? no\n\nWho?", " no")
