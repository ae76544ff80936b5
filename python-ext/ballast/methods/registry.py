"""How a method is found by name, given its options, and described."""

import contextlib
import difflib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ballast.errors import InvalidInputError
from ballast.methods.method import Method, PhaseStart, options_of
from ballast.plugins.loading import load
from ballast.plugins.retaining import guarded
from ballast.retention import Retention

KEY = "retention.method"

_METHODS: dict[str, type[Method]] = {}
_TYPES = {"bool": (bool,), "int": (int,), "float": (float, int), "str": (str,)}


def register(name: str) -> Callable[[type[Method]], type[Method]]:
    """Class decorator: makes a method known under `name`."""

    def add(method: type[Method]) -> type[Method]:
        method.name = name
        _METHODS[name] = method
        return method

    return add


def names() -> list[str]:
    """The names of all methods, sorted."""
    return sorted(_METHODS)


def find(name: str) -> type[Method]:
    """The method of that name; "package.module:ClassName" is a method of one's own, found as every
    plug-in is (`ballast.plugins`).

    Raises:
        InvalidInputError: there is none (names the nearest), or the class cannot be imported or is no method.
    """
    if _is_own(name):
        return _imported(name)
    if name not in _METHODS:
        nearest = difflib.get_close_matches(name, _METHODS, n=1)
        meant = f'; did you mean "{nearest[0]}"?' if nearest else ""
        raise InvalidInputError(
            f'retention.method: expected one of {", ".join(names())}, or "package.module:ClassName", found "{name}"'
            f"{meant}"
        )
    return _METHODS[name]


def create(name: str, options: Mapping[str, Any]) -> Method:
    """The method of that name with its options, by the names that an experiment uses.

    Raises:
        InvalidInputError: as `find`; or an unknown option, or one of another type or out of its bounds.
    """
    method = find(name)
    known = options_of(method)
    fields = {_field(name, known, key): _checked(known[key], key, value) for key, value in options.items()}
    with _guarded(name):
        return method(**fields)


def retain(start: PhaseStart) -> Retention:
    """What the method of a phase's settings holds it back with.

    Raises:
        InvalidInputError: as `create` and `Method.retain`; or a form or space that the method does not have, or a
            negative λ.
    """
    method = create(start.settings.method, start.settings.options)
    if start.settings.form is None:
        start = replace(start, settings=replace(start.settings, form=method.default_form(start.settings.space)))
    settings = start.settings
    if settings.form not in method.forms:
        raise InvalidInputError(
            f'retention.form: expected {" or ".join(method.forms)} for the method "{settings.method}", found '
            f'"{settings.form}", which it does not have; leave the key out for its default'
        )
    if settings.space not in method.spaces:
        raise InvalidInputError(
            f'retention.space: expected {" or ".join(method.spaces)} for the method "{settings.method}", found '
            f'"{settings.space}", which it does not have; leave the key out for its default'
        )
    strength = settings.strength
    if strength is not None and not (isinstance(strength, (int, float)) and 0 <= strength < math.inf):
        raise InvalidInputError(f"retention.lambda: expected a finite number of at least 0, found {strength!r}")
    if not _is_own(settings.method):
        return method.retain(start)
    plugin = load(settings.method, KEY)
    with plugin.guard():
        retention = method.retain(start)
    return guarded(retention, plugin)


def describe(name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a method with its options is, for people and for the command `methods`.

    Raises:
        InvalidInputError: as `create`.
    """
    method = create(name, options or {})
    with _guarded(name):
        strengths = {form: method.strengths[form] for form in method.forms}
    summary, _, formula = (inspect.getdoc(method) or "").partition("\n")
    return {
        "name": name,
        "summary": summary,
        "formula": formula.strip(),
        "paper": method.paper,
        "importance": method.importance,
        "needs": method.needs,
        "forms": list(method.forms),
        "spaces": list(method.spaces),
        "sharded": method.sharded,
        "lambda": strengths,
        "options": [_plain(key, facts) for key, facts in options_of(type(method)).items()],
    }


def _is_own(name: str) -> bool:
    return ":" in name


def _guarded(name: str) -> contextlib.AbstractContextManager[None]:
    return load(name, KEY).guard() if _is_own(name) else contextlib.nullcontext()


def _imported(name: str) -> type[Method]:
    method = load(name, KEY).value
    if not (inspect.isclass(method) and issubclass(method, Method)):
        raise InvalidInputError(
            f'retention.method: expected a subclass of ballast.methods.Method, found "{name}", which is {method!r}'
        )
    if inspect.isabstract(method):
        raise InvalidInputError(f'retention.method: expected a method with "retain", found "{name}" without it')
    if "name" not in vars(method):
        method.name = name
    return method


def _plain(key: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """An option as JSON and Java have it."""
    told = {word: facts[word] for word in ("type", "default", "meaning", "minimum")}
    return {"name": key, **told, "choices": list(facts["choices"])}


def _field(name: str, known: Mapping[str, Mapping[str, Any]], key: str) -> str:
    if key not in known:
        nearest = difflib.get_close_matches(key, known, n=1)
        meant = f'; did you mean "{nearest[0]}"?' if nearest else ""
        there = ", ".join(known) or "none"
        raise InvalidInputError(
            f'retention.options: unknown key "{key}" for the method "{name}", whose options are: {there}{meant}'
        )
    return known[key]["field"]


def _checked(known: Mapping[str, Any], key: str, value: Any) -> Any:
    expected = known["type"]
    if not isinstance(value, _TYPES[expected]) or (isinstance(value, bool) and expected != "bool"):
        raise InvalidInputError(f"retention.options.{key}: expected {expected}, found {value!r}. {known['meaning']}")
    if known["choices"] and value not in known["choices"]:
        raise InvalidInputError(
            f"retention.options.{key}: expected one of {', '.join(known['choices'])}, found {value!r}. "
            f"{known['meaning']}"
        )
    if known["minimum"] is not None and value < known["minimum"]:
        raise InvalidInputError(
            f"retention.options.{key}: expected at least {known['minimum']}, found {value!r}. {known['meaning']}"
        )
    return float(value) if expected == "float" else value
