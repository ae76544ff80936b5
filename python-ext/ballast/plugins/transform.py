"""A data entry's `transform`: rows become other rows before their templates are filled."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ballast.errors import PluginError
from ballast.plugins.loading import load

KEY = "transform"


class RowTransform:
    """A function of the user's own: a list of rows in, an iterable of rows out, as many as it likes.

    A row is a dict of texts, numbers, truth values, None, lists and dicts. The function is given some hundred rows at a
    time, in the file's order.
    """

    def __init__(self, name: str) -> None:
        """Raises PluginError: there is none, or it cannot be called."""
        self._plugin = load(name, KEY)
        if not callable(self._plugin.value):
            raise self._plugin.wrong("a function of a list of rows", repr(self._plugin.value))

    def lines(self, rows: list[dict[str, Any]]) -> str:
        """The rows as it makes them, one JSON object a line.

        Raises:
            PluginError: the function failed, or gave no rows; with its file and line.
        """
        made = self._plugin.guarded(lambda: self._made(rows))
        if not isinstance(made, list):
            raise self._plugin.wrong("a list of rows", f"{type(made).__name__}")
        return "".join(self._line(row) for row in made)

    def _made(self, rows: list[dict[str, Any]]) -> Any:
        made = self._plugin.value(rows)
        return list(made) if isinstance(made, Iterable) and not isinstance(made, (Mapping, str)) else made

    def _line(self, row: Any) -> str:
        if not isinstance(row, Mapping):
            raise self._plugin.wrong("a list of rows, each a dict", f"a row that is {row!r:.60}")
        try:
            return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
        except (TypeError, ValueError) as unwritable:
            raise self._unwritable(row, unwritable) from unwritable

    def _unwritable(self, row: Mapping[str, Any], error: Exception) -> PluginError:
        return self._plugin.wrong("rows of texts, finite numbers, truth values, None, lists and dicts",
                                  f"{error} in {row!r:.80}")  # fmt: skip
