"""Templates of task files: Jinja2, in its sandbox."""

import ast
import json
import re
from collections.abc import Mapping, Sized
from functools import lru_cache
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, Template, TemplateError, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment, SecurityError

from ballast.errors import InvalidInputError

MOST_OF_AN_OPERATION = 1_000_000
WHOLE_NUMBER = re.compile(r"\s*[0-9]+(\.0*)?\s*")


def _regex_replace(string: str, pattern: str, repl: str, count: int = 0) -> str:
    return re.sub(pattern, repl, string, count=count)


@pass_context
def _column(context: Context, name: str) -> str:
    """`"Any name" | column`: that column as text, what is no text as JSON. A filter, since columns hide functions."""
    value = context.parent.get(name)
    if value is None or value is _ENVIRONMENT.globals.get(name):
        raise InvalidInputError(f"expected a value in the column {name!r}, found none")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _prompt(text: str) -> str:
    """`text | prompt`: the text. In a task with choices a bare number would be taken for the number of one."""
    if text.isdigit():
        raise InvalidInputError(f"prompt: expected words, found only the number {text}; write some before it")
    return text


def _index_among(answer: str, choices: list[str]) -> int:
    """`answer | index_among(choices)`: which choice an answer means by its index, from 0, or by its text."""
    by_text = {index for index, choice in enumerate(choices) if choice == answer}
    by_index = {int(float(answer))} & set(range(len(choices))) if WHOLE_NUMBER.fullmatch(answer) else set()
    meant = by_text | by_index
    if len(meant) == 1:
        return meant.pop()
    found = f"{answer!r}, which is none" if not meant else f"{answer!r}, which may be choice {sorted(meant)}"
    raise InvalidInputError(f"answer: expected the index (from 0) or the text of one of {choices!r}, found {found}")


class _Environment(SandboxedEnvironment):
    """The sandbox, in which a product or a power cannot fill the memory either, not even while a template is compiled.

    `range` is limited by the sandbox itself; loops and widths (`"%999999999d"`) are not.
    """

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if _size(operator, left, right) > MOST_OF_AN_OPERATION:
            raise SecurityError(f"{operator} would make more than {MOST_OF_AN_OPERATION:,} characters, items or bits")
        return super().call_binop(context, operator, left, right)


def _size(operator: str, left: Any, right: Any) -> int:
    """At most how large the outcome is: characters, items, or bits of a whole number; 0 where it is of fixed size."""
    if operator == "**":
        return left.bit_length() * right if isinstance(left, int) and isinstance(right, int) and right > 0 else 0
    if isinstance(left, int) and isinstance(right, int):
        return left.bit_length() + right.bit_length()
    sequence, count = (right, left) if isinstance(left, int) else (left, right)
    return len(sequence) * count if isinstance(sequence, Sized) and isinstance(count, int) else 0


_ENVIRONMENT = _Environment(loader=BaseLoader(), undefined=StrictUndefined, keep_trailing_newline=True)
_ENVIRONMENT.filters |= {
    "regex_replace": _regex_replace,
    "column": _column,
    "prompt": _prompt,
    "index_among": _index_among,
}


def render(template: str, row: Mapping[str, Any]) -> str:
    """The text that a row makes of a template.

    Raises:
        InvalidInputError: the template is none, or reads what the row does not have.
    """
    try:
        return _compiled(template).render(row)
    except InvalidInputError:  # Ballast's own filters say it all.
        raise
    except Exception as error:  # An expression in a template may raise anything.
        kind = "" if isinstance(error, TemplateError) else f"{type(error).__name__}: "
        raise InvalidInputError(f"the template {template!r} cannot be filled: {kind}{error}") from error


def render_value(template: str, row: Mapping[str, Any]) -> Any:
    """As `render`; the text is read as a Python literal, such as a list.

    Raises:
        InvalidInputError: as `render`, or the text is no literal.
    """
    text = render(template, row)
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError) as error:
        raise InvalidInputError(f"the template {template!r} was to give a list, found {text!r}") from error


@lru_cache(maxsize=256)
def _compiled(template: str) -> Template:
    return _ENVIRONMENT.from_string(template)
