"""A task of one's own in five lines: Ballast's templates, `{column}`, as a task file says them."""

from collections.abc import Sequence
from typing import Any

from ballast.errors import InvalidInputError


def multiple_choice(name: str, prompt: str, choices: Sequence[str], answer: str) -> dict[str, Any]:
    """The content of a task file for questions with choices, measured as acc and acc_norm.

    Args:
        name: of the task
        prompt: template of the question
        choices: template of each answer to choose from
        answer: template that gives a choice's index, from 0, or its text

    Raises:
        InvalidInputError: no choices, or a template with a brace that has no partner.
    """
    if not choices:
        raise InvalidInputError(f"{name}: choices: expected templates to choose from, found none")
    listed = f"[{', '.join(map(_expression, choices))}]"
    return {
        "task": name,
        "output_type": "multiple_choice",
        "doc_to_text": _filled(f"({_expression(prompt)}) | prompt"),
        "doc_to_choice": _filled(listed),
        "doc_to_target": _filled(f"({_expression(answer)}) | index_among({listed})"),
        "metric_list": [
            {"metric": metric, "aggregation": "mean", "higher_is_better": True} for metric in ("acc", "acc_norm")
        ],
        "metadata": {"version": 1.0},
    }


def _filled(expression: str) -> str:
    return "{{ " + expression + " }}"


def _expression(template: str) -> str:
    """The Jinja expression of a template of `io.ballast.data.Template`."""
    parts, literal, at = [], "", 0
    while at < len(template):
        letter = template[at]
        if letter not in "{}":
            literal, at = literal + letter, at + 1
        elif template.startswith(letter * 2, at):
            literal, at = literal + letter, at + 2
        else:
            column = _column_at(template, at)
            parts += [_quoted(literal), f"({_quoted(column)} | column)"]
            literal, at = "", at + len(column) + 2
    return " ~ ".join([*parts, _quoted(literal)])


def _column_at(template: str, start: int) -> str:
    column, closed, _ = template[start + 1 :].partition("}")
    if template[start] == "}" or not closed or not column or "{" in column:
        raise InvalidInputError(
            f"the template {template!r}: expected {{column}} at character {start + 1}, or two braces for one"
        )
    return column


def _quoted(text: str) -> str:
    """A string of Jinja, which reads escapes as Python does and would change a bare line end."""
    for letter, escaped in (("\\", r"\\"), ('"', r"\""), ("\n", r"\n"), ("\r", r"\r")):
        text = text.replace(letter, escaped)
    return f'"{text}"'
