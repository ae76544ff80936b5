"""Reads a task file: YAML with `include` and `!function`."""

import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from ballast.errors import InvalidInputError
from ballast.tasks import yaml_text

OWN_CODE = Path(__file__).parent
FUNCTION = "!function"


def read_task_file(path: str | Path, trust_code: bool = False) -> dict[str, Any]:
    """The keys of a task file over those of the files that it includes.

    `!function module.name` is that function of `module.py` beside the file. Code runs when it is read, so foreign code
    is refused unless it is trusted; what lies beside this module is Ballast's own.

    Args:
        path: a .yaml file
        trust_code: whether `!function` may run code that does not come with Ballast

    Raises:
        InvalidInputError: no such file, no YAML, a circle of includes, foreign code without leave, or a function that
            is not there.
    """
    return _read(Path(path).resolve(), trust_code, ())


def read_task(content: Mapping[str, Any], folder: Path, trust_code: bool = False) -> dict[str, Any]:
    """A task given in place, as JSON can carry it: with the keys of what it includes, as `read_task_file`.

    Args:
        content: keys as in a task file; `{"!function": "/folder/module.name"}` is that function
        folder: that `include` begins at
        trust_code: as for `read_task_file`

    Raises:
        InvalidInputError: as `read_task_file`.
    """
    own = {key: _with_functions(value, trust_code) for key, value in content.items()}
    return _with_included(own, folder, trust_code, ())


@contextmanager
def told_as_another_form(where: str) -> Iterator[None]:
    """What values of other types than lm-eval's raise wherever they are used is told with the task."""
    try:
        yield
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError, re.error) as error:
        raise InvalidInputError(
            f"expected a task of lm-eval's form in {where}, found values of another ({type(error).__name__}: {error})"
        ) from error


def _with_functions(value: Any, trust_code: bool) -> Any:
    if isinstance(value, list):
        return [_with_functions(each, trust_code) for each in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {FUNCTION}:
        folder, _, reference = value[FUNCTION].rpartition("/")
        return _function(Path(folder or "/") / "a task given in place", reference, trust_code)
    return {key: _with_functions(each, trust_code) for key, each in value.items()}


def _read(path: Path, trust_code: bool, including: tuple[Path, ...]) -> dict[str, Any]:
    if path in including:
        circle = " → ".join(str(each) for each in (*including, path))
        raise InvalidInputError(f"expected task files that include one another in one direction, found {circle}")
    try:
        content = yaml_text.load(path.read_text(encoding="utf-8"), _loader(path, trust_code))
    except OSError as error:
        raise InvalidInputError(f"expected a task file at {path}, found {error.strerror}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidInputError(
            f"expected YAML in the task file {path}, found {yaml_text.problem(error)}"
        ) from error
    if not isinstance(content, dict):
        raise InvalidInputError(f"expected keys and values in the task file {path}, found {type(content).__name__}")
    return _with_included(content, path.parent, trust_code, (*including, path))


def _with_included(
    content: dict[str, Any], folder: Path, trust_code: bool, including: tuple[Path, ...]
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for each in included_files(content.pop("include", None), folder):
        other = _read(each, trust_code, including)
        other.pop("task_list", None)  # The included file's own tasks.
        merged |= other
    return merged | content


def included_files(included: Any, folder: Path) -> list[Path]:
    """What `include` names: a text or several, from the folder of the file that it stands in.

    Raises:
        InvalidInputError: it is neither.
    """
    names = included if isinstance(included, list) else [] if included is None else [included]
    if not all(isinstance(name, str) and "\0" not in name for name in names):
        raise InvalidInputError(f"include: expected names of files in a task file of {folder}, found {included!r:.80}")
    return [(folder / name).resolve() for name in names]


def _loader(path: Path, trust_code: bool) -> type[yaml.SafeLoader]:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor(FUNCTION, lambda loader, node: _function(path, loader.construct_scalar(node), trust_code))
    return Loader


def _function(path: Path, reference: str, trust_code: bool) -> Callable[..., Any]:
    module_name, _, name = str(reference).rpartition(".")
    file = (path.parent / (module_name.replace(".", "/") + ".py")).resolve()
    if not trust_code and not file.is_relative_to(OWN_CODE):
        raise InvalidInputError(
            f"expected leave to run the code of the task file {path}, found none: it calls {reference} of {file}; read "
            "that, and give --trust-task-code if you trust it"
        )
    function = getattr(_module(path, file, reference), name, None)
    if not callable(function):
        raise InvalidInputError(f"expected a function {name} in {file}, as the task file {path} has it, found none")
    return function


def _module(path: Path, file: Path, reference: str) -> ModuleType:
    if not file.is_file():
        raise InvalidInputError(f"expected {file} for !function {reference} of the task file {path}, found none")
    spec = importlib.util.spec_from_file_location("ballast_task_" + file.stem, file)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # What foreign code may raise is without end.
        raise InvalidInputError(
            f"expected {file} to be importable for the task file {path}, found {type(error).__name__}: {error}"
        ) from error
    return module
