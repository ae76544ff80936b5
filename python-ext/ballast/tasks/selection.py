"""From the names that somebody asks for to tasks, and to the groups that average them."""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ballast.errors import InvalidInputError
from ballast.tasks.directory import GROUP, TAG, Directory, Entry, content_of
from ballast.tasks.task_file import told_as_another_form

# Keys of a group that are its own; the others are for its members (`lm_eval.config.group.GroupConfig`).
GROUP_KEYS = {"group", "group_alias", "task", "aggregate_metric_list", "metadata"}
NOT_FOR_TASKS = {"tag", "group", "task_list", "task"}


@dataclass
class Selection:
    """What is to be run.

    Attributes:
        tasks: name → {"name", "file", "content"}: either the absolute path of a file, or what stands in its place
        groups: name → {"name", "alias", "version", "children", "metrics"}; children before parents
    """

    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """As lists."""
        return {"tasks": list(self.tasks.values()), "groups": list(self.groups.values())}


def find_tasks(names: Iterable[str], directory: Directory) -> Selection:
    """The tasks that names stand for: of a task, a group, a tag, a .yaml file, or a pattern such as `mmlu_*`.

    A task that is named twice is run once.

    Raises:
        InvalidInputError: an unknown name, one task in two forms, or a group of another form.
    """
    resolving = _Resolving(directory, Selection())
    for name in names:
        for each in _matching(name, directory):
            with told_as_another_form(name):
                resolving.add(directory.find(each), {}, ())
    return resolving.selection


def _matching(name: str, directory: Directory) -> list[str]:
    if not any(letter in name for letter in "*?[") or directory.get(name) is not None:
        return [name]
    return fnmatch.filter(directory.names(), name) or [name]


@dataclass
class _Resolving:
    directory: Directory
    selection: Selection

    def add(self, entry: Entry, overrides: Mapping[str, Any], within: tuple[str, ...]) -> list[str]:
        """The names that an entry adds to a group: its tasks', or its own."""
        if entry.kind == TAG:
            return [name for each in sorted(entry.members) for name in self.add(self._get(each), overrides, within)]
        if entry.kind == GROUP:
            return [self._group(entry.name, content_of(entry.file), overrides, within)]
        keys = {key: value for key, value in overrides.items() if key not in NOT_FOR_TASKS}
        if not keys:
            return [self._task(entry.name, str(entry.file), None)]
        return [self._task(entry.name, None, {"include": str(entry.file), "task": entry.name} | keys)]

    def _get(self, name: str) -> Entry:
        entry = self.directory.get(name)
        if entry is None:
            raise InvalidInputError(f"tasks: expected a task {name}, found none")
        return entry

    def _task(self, name: str, file: str | None, content: Mapping[str, Any] | None) -> str:
        task = {"name": name, "file": file, "content": content}
        if self.selection.tasks.setdefault(name, task) != task:
            raise InvalidInputError(
                f"tasks: expected each task in one form, found {name} twice with different settings: evaluate one "
                "group at a time"
            )
        return name

    def _group(
        self, name: str, content: Mapping[str, Any], overrides: Mapping[str, Any], within: tuple[str, ...]
    ) -> str:
        if name in within:
            raise InvalidInputError(f"tasks: expected groups without a circle, found {' → '.join((*within, name))}")
        for_members = {key: value for key, value in content.items() if key not in GROUP_KEYS} | dict(overrides)
        members = content.get("task") or []
        children: list[str] = []
        for member in [members] if isinstance(members, str) else members:
            children += self._member(member, name, for_members, (*within, name))
        self.selection.groups.setdefault(name, {
            "name": name,
            "alias": content.get("group_alias") or name,
            "version": _version(content.get("metadata")),
            "children": list(dict.fromkeys(children)),
            "metrics": [_aggregated(each, name) for each in _listed(content.get("aggregate_metric_list"))],
        })  # fmt: skip
        return name

    def _member(
        self, member: str | Mapping[str, Any], group: str, for_members: Mapping[str, Any], within: tuple[str, ...]
    ) -> list[str]:
        if isinstance(member, str):
            return self.add(self.directory.find(member), for_members, within)
        if "group" in member:
            return self._named_group(member, group, for_members, within)
        name = member.get("task")
        if not isinstance(name, str):
            raise InvalidInputError(f"group {group}: expected names under task or group, found {member!r}")
        overrides = dict(for_members) | {key: value for key, value in member.items() if key != "task"}
        if self.directory.get(name) is not None:
            return self.add(self._get(name), overrides, within)
        return [self._in_place(f"{group}::{name}", overrides, name)]

    def _named_group(
        self, member: Mapping[str, Any], group: str, for_members: Mapping[str, Any], within: tuple[str, ...]
    ) -> list[str]:
        name = member["group"]
        if self.directory.get(name) is not None:
            overrides = {key: value for key, value in member.items() if key not in GROUP_KEYS}
            return self.add(self._get(name), {**for_members, **overrides}, within)
        return [self._group(f"{group}::{name}", member, for_members, within)]

    def _in_place(self, name: str, content: Mapping[str, Any], asked: str) -> str:
        if "doc_to_text" not in content and "doc_to_target" not in content and "include" not in content:
            self.directory.find(asked)  # No task at all: its refusal names the nearest.
        return self._task(name, None, {**content, "task": name})


def _aggregated(entry: Mapping[str, Any], group: str) -> dict[str, Any]:
    if entry.get("aggregation", "mean") != "mean":
        raise InvalidInputError(f"group {group}: aggregation: expected mean, found {entry['aggregation']!r}")
    filters = entry.get("filter_list")
    return {
        "metric": entry["metric"],
        "filters": None if filters is None else _listed(filters),
        "weightBySize": bool(entry.get("weight_by_size", True)),
    }


def _version(metadata: Any) -> str:
    return str(metadata.get("version", "N/A")) if isinstance(metadata, Mapping) else "N/A"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
