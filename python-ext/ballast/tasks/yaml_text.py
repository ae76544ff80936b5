"""YAML of strangers: no types of its own, and nothing that a small file could grow to."""

from typing import Any

import yaml

DEEPEST = 100
# Values that aliases (*name) may add: each is the whole of what its anchor (&name) stands for, so a few lines of
# aliases of aliases would stand for billions.
MOST_REPEATED = 100_000
# Reads events without recursion, where composing in C would end the process at a file of many brackets.
_Events = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str, loader: type) -> Any:
    """The document of a text.

    Args:
        text: one YAML document
        loader: a `yaml.SafeLoader`, or one made of it

    Raises:
        yaml.YAMLError: no YAML, a tag that the loader does not know, values nested deeper than 100, an alias inside its
            own anchor, or aliases that stand for more than 100,000 values.
    """
    _check(text)
    return yaml.load(text, loader)  # noqa: S506 a safe loader


def problem(error: Exception) -> str:
    """What is wrong and where, without quoting the file: a path to it may be a stranger's."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return str(error).splitlines()[0]
    return f"{error.problem} at line {mark.line + 1} column {mark.column + 1}"


def _check(text: str) -> None:
    sizes: dict[str, tuple[int, int]] = {}  # Of what is anchored: its values, and how deep they go.
    open_nodes: list[list] = []  # [anchor, values, deepest of the children]
    repeated = 0

    def close(anchor: str | None, values: int, height: int) -> None:
        if anchor is not None:
            sizes[anchor] = values, height
        if open_nodes:
            open_nodes[-1][1] += values
            open_nodes[-1][2] = max(open_nodes[-1][2], height + 1)

    for event in yaml.parse(text, _Events):
        if isinstance(event, yaml.AliasEvent):
            if any(each[0] == event.anchor for each in open_nodes):
                raise _refused(f"the alias *{event.anchor} inside its own anchor", event)
            values, height = sizes.get(event.anchor, (0, 0))  # One of no anchor is refused when it is composed.
            repeated += values
            if repeated > MOST_REPEATED:
                raise _refused(f"aliases that stand for more than {MOST_REPEATED:,} values", event)
            if len(open_nodes) + height > DEEPEST:
                raise _refused(f"values nested deeper than {DEEPEST}", event)
            close(None, values, height)
        elif isinstance(event, yaml.ScalarEvent):
            close(event.anchor, 1, 0)
        elif isinstance(event, yaml.CollectionStartEvent):
            if event.anchor is not None:
                sizes.pop(event.anchor, None)
            open_nodes.append([event.anchor, 1, 0])
            if len(open_nodes) > DEEPEST:
                raise _refused(f"values nested deeper than {DEEPEST}", event)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, values, height = open_nodes.pop()
            close(anchor, values, height)


def _refused(what: str, event: yaml.Event) -> yaml.YAMLError:
    return yaml.composer.ComposerError(None, None, what, event.start_mark)
