"""Templates of task files: Jinja2, in its sandbox."""

import ast
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, Template, TemplateError, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from ballast.errors import InvalidInputError

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


_ENVIRONMENT = SandboxedEnvironment(loader=BaseLoader(), undefined=StrictUndefined, keep_trailing_newline=True)
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
