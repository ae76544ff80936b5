"""JSON objects as dataclasses: `firstLoss` becomes `first_loss`; keys that are not known are passed over."""

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ballast.errors import InvalidInputError

T = TypeVar("T")

_IN_JSON = {str: str, bool: bool, int: int, float: int | float, tuple: list, Sequence: list, Mapping: Mapping}
_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", tuple: "a list",
          Sequence: "a list", Mapping: "an object"}  # fmt: skip


def key(field: str) -> str:
    """The key of a JSON object that a field has: `first_loss` has `firstLoss`."""
    first, *others = field.split("_")
    return first + "".join(word.capitalize() for word in others)


def read(record: type[T], document: Any, where: str, rename: Callable[[str], str] = key) -> T:
    """A dataclass of a JSON object. A field with a default may lack, or be null.

    Raises:
        InvalidInputError: no object, a key without default lacks, or a value is of another type.
    """
    if not isinstance(document, Mapping):
        raise InvalidInputError(f"expected a JSON object in {where}, found {type(document).__name__}")
    hints = typing.get_type_hints(record)
    values = {}
    for field in dataclasses.fields(record):
        found = document.get(rename(field.name))
        if found is not None:
            values[field.name] = _value(hints[field.name], found, f"{where}: {rename(field.name)}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise InvalidInputError(f"expected the key '{rename(field.name)}' in {where}, found none")
    return record(**values)


def read_file(record: type[T], path: Path, schema: int, what: str) -> T:
    """A dataclass of the JSON object in a file.

    Raises:
        InvalidInputError: there is no such file, it is no JSON, of another schema, or lacks a key.
    """
    found = document(path, what)
    check_schema(found, schema, path)
    return read(record, found, str(path))


def document(path: Path, what: str) -> Any:
    """The JSON document in a file.

    Raises:
        InvalidInputError: there is no such file, or it is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as missing:
        raise InvalidInputError(f"expected {what} at {path}, found none ({missing.strerror})") from missing
    except (ValueError, RecursionError) as broken:
        raise InvalidInputError(f"expected JSON in {path}, found something else: {broken}") from broken


def check_schema(document: Any, expected: int, path: Path) -> None:
    """A document of another schema is refused.

    Raises:
        InvalidInputError: it is of another.
    """
    found = document.get("schema") if isinstance(document, Mapping) else None
    if found != expected:
        raise InvalidInputError(f'expected "schema": {expected} in {path}, found {found}')


def lines(path: Path, what: str) -> list[Any]:
    """The documents of a JSON Lines file; half a line at its end, which a killed run leaves, is passed over.

    Raises:
        InvalidInputError: there is no such file, or a line is no JSON.
    """
    try:
        texts = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as missing:
        raise InvalidInputError(f"expected {what} at {path}, found none ({missing.strerror})") from missing
    read = []
    for number, text in enumerate(texts, start=1):
        try:
            read.append(json.loads(text))
        except (ValueError, RecursionError) as broken:
            if number < len(texts):
                raise InvalidInputError(f"expected JSON in {path}, line {number}, found {text[:60]!r}") from broken
    return read


def _value(hint: Any, found: Any, where: str) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(each for each in typing.get_args(hint) if each is not types.NoneType)
    if dataclasses.is_dataclass(hint):
        return read(hint, found, where)
    if hint is Any:
        return found
    kind, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    if not isinstance(found, _IN_JSON[kind]) or isinstance(found, bool) != (kind is bool):
        raise InvalidInputError(f"expected {_NAMES[kind]} as {where}, found {found!r:.60}")
    if kind in (tuple, Sequence):
        read_items = [_value(arguments[0], each, f"{where}[{index}]") for index, each in enumerate(found)]
        return tuple(read_items) if kind is tuple else read_items
    if kind is Mapping:
        return {name: _value(arguments[1], each, f"{where}.{name}") for name, each in found.items()}
    try:
        return float(found) if kind is float else found
    except OverflowError as large:
        raise InvalidInputError(f"expected a number as {where}, found one out of its range") from large
