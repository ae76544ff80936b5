"""How a plug-in is found, and how what goes wrong in it is told: with its own file and line."""

import contextlib
import importlib
import importlib.machinery
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from ballast.errors import BallastError, PluginError
from ballast.memory import is_out_of_memory
from ballast.plugins.time_limit import TooLongError, within

_Answer = TypeVar("_Answer")

_PACKAGE = str(Path(__file__).parents[1])
_folders: tuple[str, ...] = ()
_seconds: float | None = None
_roots: set[str] = set()  # Of the modules that were imported for plug-ins.


def look_in(folders: Sequence[str], seconds: float | None = None) -> None:
    """From now on plug-ins are looked for in these folders too: after the working directory, before Python's path.

    Args:
        folders: in this order
        seconds: that a call of one may take, and its import; None for any time
    """
    global _folders, _seconds
    _folders, _seconds = tuple(folders), seconds


@dataclass(frozen=True)
class Plugin:
    """What an experiment names.

    Attributes:
        key: of the experiment, for messages
        name: "package.module:Name"
        value: the function or class
        module: where it was found
    """

    key: str
    name: str
    value: Any
    module: ModuleType

    @contextlib.contextmanager
    def guard(self) -> Iterator[None]:
        """Whatever goes wrong inside is a PluginError that names the plug-in's file and line; but memory that runs out,
        and what says itself what the user can do about it (`BallastError`), stay what they are."""
        with _searching(), _told(self.key, self.name, self.module.__file__, self._begin()):
            yield

    def guarded(self, call: Callable[[], _Answer]) -> _Answer:
        """What `call` gives, which calls the plug-in, in as much time as `look_in` allows.

        Raises:
            PluginError: as `guard` has it, or it took longer.
        """
        with self.guard():
            return within(_seconds, call)

    def wrong(self, expected: str, found: str) -> PluginError:
        """What it gave is not what it should give; named with where it begins."""
        return PluginError(f'{self.key}: expected of "{self.name}" ({self._begin()}) {expected}, found {found}')

    def _begin(self) -> str:
        code = getattr(self.value, "__code__", None)
        return f"{code.co_filename}, line {code.co_firstlineno}" if code else str(self.module.__file__)


def load(name: str, key: str) -> Plugin:
    """Imports a plug-in.

    Args:
        name: "package.module:Name", found in the working directory, the folders of `look_in`, or on Python's path
        key: of the experiment, for messages

    Raises:
        PluginError: there is none, or importing its module fails.
    """
    module_name, _, attribute = name.partition(":")
    _forget_anothers(module_name.partition(".")[0])
    with _searching(), _told(key, name):
        module = within(_seconds, lambda: importlib.import_module(module_name))
    _roots.add(module_name.partition(".")[0])
    if not hasattr(module, attribute):
        own = [each for each, value in vars(module).items() if getattr(value, "__module__", None) == module_name]
        there = ", ".join(own) or "nothing"
        raise PluginError(f'{key}: expected "{name}", found no {attribute} in {module.__file__}; it has {there}')
    return Plugin(key, name, getattr(module, attribute), module)


def places() -> str:
    """Where plug-ins are looked for, in words."""
    return f"{', '.join(dict.fromkeys([os.getcwd(), *_folders]))} and on PYTHONPATH"


@contextlib.contextmanager
def _searching() -> Iterator[None]:
    """A module's own imports may come late, inside of a function."""
    before = sys.path[:]
    sys.path[:0] = [os.getcwd(), *_folders]
    try:
        yield
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def _told(key: str, name: str, file: str | None = None, begin: str | None = None) -> Iterator[None]:
    try:
        yield
    except BallastError:
        raise
    except (Exception, SystemExit) as error:
        if is_out_of_memory(error):
            raise
        place = _place(error, file) or begin  # Nothing of it ran where its arguments are not those it is given.
        if place is None:
            raise PluginError(
                f'{key}: expected "{name}", found {type(error).__name__}: {error}; it is looked for in {places()}'
            ) from error
        looked = f"; modules are looked for in {places()}" if isinstance(error, ImportError) else ""
        raise PluginError(f'{key}: "{name}" failed at {place}: {type(error).__name__}: {error}{looked}') from error


def _place(error: BaseException, file: str | None) -> str | None:
    """The last line of the plug-in's file that ran; else of any file that is neither Python's nor Ballast's."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    found = error.frames if isinstance(error, TooLongError) else traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in found
              if not frame.filename.startswith((_PACKAGE, "<frozen", importlib.__file__))]  # fmt: skip
    own = [frame for frame in frames if frame.filename == file] or frames
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else None


def _forget_anothers(root: str) -> None:
    """A module of this name that an earlier experiment brought from another folder does not stand for this one's."""
    loaded = sys.modules.get(root)
    found = importlib.machinery.PathFinder.find_spec(root, [os.getcwd(), *_folders])
    if root not in _roots or loaded is None or found is None or _origin(loaded.__spec__) == _origin(found):
        return
    for name in [name for name in sys.modules if name.partition(".")[0] == root]:
        del sys.modules[name]
    importlib.invalidate_caches()


def _origin(spec: importlib.machinery.ModuleSpec) -> Any:
    return spec.origin or list(spec.submodule_search_locations or ())
