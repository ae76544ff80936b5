"""Templates of task files: Jinja2, in its sandbox."""

import ast
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from ballast.errors import InvalidInputError


def _regex_replace(string: str, pattern: str, repl: str, count: int = 0) -> str:
    return re.sub(pattern, repl, string, count=count)


_ENVIRONMENT = SandboxedEnvironment(loader=BaseLoader(), undefined=StrictUndefined, keep_trailing_newline=True)
_ENVIRONMENT.filters["regex_replace"] = _regex_replace


def render(template: str, row: Mapping[str, Any]) -> str:
    """The text that a row makes of a template.

    Raises:
        InvalidInputError: the template is none, or reads what the row does not have.
    """
    try:
        return _compiled(template).render(**row)
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
