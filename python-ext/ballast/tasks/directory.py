"""Which tasks, groups and tags there are: an index of task files by name."""

import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ballast.errors import InvalidInputError
from ballast.tasks import yaml_text
from ballast.tasks.task_file import FUNCTION, included_files

SHIPPED = Path(__file__).parent / "files"
IGNORED_FOLDERS = {"__pycache__", ".ipynb_checkpoints"}
TASK, GROUP, TAG = "task", "group", "tag"
# A key at the beginning of a line, with the lines that belong to it: an installed lm_eval has 14,000 files, and parsing
# them whole takes minutes.
KEYS = re.compile(r"""^["']?(task|group|tag|class|include)["']?\s*:.*(?:\n(?:[ \t#-].*)?)*""", re.MULTILINE)
LINE = re.compile(r"""["']?(task|group|tag|class|include)["']?\s*:\s+([\w./:+=-]*[A-Za-z][\w./:+=-]*)\s*$""")
WORDS_OF_YAML = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Functions are left unread."""


_Loader.add_constructor(FUNCTION, lambda loader, node: {FUNCTION: loader.construct_scalar(node)})


@dataclass
class Entry:
    """What a name stands for.

    Attributes:
        kind: "task", "group" or "tag"
        name: the name
        file: where it is defined; None for a tag
        members: of a tag: the tasks that carry it
    """

    kind: str
    name: str
    file: Path | None = None
    members: set[str] = field(default_factory=set)


class Directory:
    """The names of Ballast's own task files and those of any directories; a later directory's win.

    Within a directory the first file of a name wins, in the order of paths (`lm_eval.tasks.TaskIndex`).
    """

    def __init__(self, folders: Iterable[str | Path] = (), shipped: bool = True) -> None:
        """
        Args:
            folders: walked with all that is below
            shipped: whether Ballast's own files come first

        Raises:
            InvalidInputError: no such folder.
        """
        self._entries: dict[str, Entry] = {}
        for folder in [SHIPPED] * shipped + [Path(each) for each in folders]:
            if not folder.is_dir():
                raise InvalidInputError(f"expected a directory of task files at {folder}, found none")
            self._entries |= _index(folder.resolve())

    def names(self, kind: str | None = None) -> list[str]:
        """All names, or those of one kind, sorted."""
        return sorted(name for name, entry in self._entries.items() if kind in (None, entry.kind))

    def get(self, name: str) -> Entry | None:
        return self._entries.get(name)

    def find(self, name: str) -> Entry:
        """A name's entry; also the path of a .yaml file is a name.

        Raises:
            InvalidInputError: there is none; names the nearest.
        """
        entry = self._entries.get(name) or entry_of_file(Path(name))
        if entry is None:
            nearest = difflib.get_close_matches(name, self._entries, n=5) or self.names()[:20]
            raise InvalidInputError(
                f"tasks: expected the name of a task, a group or a tag, or a .yaml file, found {name!r}; the nearest "
                f"are {', '.join(nearest)}"
            )
        return entry


def entry_of_file(path: Path) -> Entry | None:
    """What a file defines by itself; None where there is no such file, or no task in it."""
    path = path.expanduser().resolve()
    return _entry(path, _keys_of(path, {})) if path.suffix in (".yaml", ".yml") and path.is_file() else None


def content_of(path: Path) -> dict[str, Any]:
    """A file's keys over those that it includes; `{"!function": "/folder/module.name"}` for a function.

    Raises:
        InvalidInputError: no YAML of keys and values.
    """
    try:
        content = yaml_text.load(path.read_text(encoding="utf-8"), _Loader)
        merged: dict[str, Any] = {}
        for each in included_files(content.pop("include", None), path.parent):
            merged |= content_of(each)
    except (OSError, yaml.YAMLError, ValueError, AttributeError, RecursionError) as error:
        raise InvalidInputError(
            f"expected YAML of keys and values in the task file {path}, found {yaml_text.problem(error)}"
        ) from error
    merged.pop("task_list", None)
    return merged | _rooted(content, path.parent)


def _rooted(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_rooted(each, folder) for each in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {FUNCTION}:
        return {FUNCTION: f"{folder}/{value[FUNCTION]}"}
    return {key: _rooted(each, folder) for key, each in value.items()}


def _index(folder: Path) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    read: dict[Path, dict[str, Any]] = {}
    for path in _files(folder):
        keys = _keys_of(path, read)
        entry = _entry(path, keys)
        if entry is None or entry.name in entries:
            continue
        entries[entry.name] = entry
        for tag in _listed(keys.get(TAG)) if entry.kind == TASK else ():
            entries.setdefault(tag, Entry(TAG, tag)).members.add(entry.name)
    return entries


def _files(folder: Path) -> Sequence[Path]:
    return sorted(
        (path for path in folder.rglob("*.yaml") if not IGNORED_FOLDERS.intersection(path.parts)),
        key=lambda path: path.as_posix(),
    )


def _entry(path: Path, keys: Mapping[str, Any]) -> Entry | None:
    kind = GROUP if GROUP in keys and "class" not in keys else TASK
    name = keys.get(kind)
    return Entry(kind, name, path) if isinstance(name, str) else None


def _keys_of(path: Path, read: dict[Path, dict[str, Any]], including: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The keys that name things, over those of included files; none of a file that cannot be read."""
    if path in read:
        return read[path]
    if path in including:
        return {}
    try:
        own = _top_keys(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, ValueError):
        own = {}
    merged: dict[str, Any] = {}
    for each in _listed(own.pop("include", None)):
        if isinstance(each, str):
            merged |= _keys_of(Path(os.path.normpath(path.parent / each)), read, (*including, path))
    read[path] = merged | own
    return read[path]


def _top_keys(text: str) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for match in KEYS.finditer(text):
        block = match.group()
        line = LINE.match(block)
        if line and line.group(2).lower() not in WORDS_OF_YAML:
            keys[line.group(1)] = line.group(2)
        else:
            keys |= yaml_text.load(block, _Loader)
    if not keys and text.lstrip().startswith("{"):
        whole = yaml_text.load(text, _Loader)
        return whole if isinstance(whole, dict) else {}
    return keys


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
