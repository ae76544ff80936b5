"""An evaluation entry's `metrics`: what a model's answers are worth, in the user's own terms."""

import math
import numbers
from collections.abc import Iterable
from typing import Any

from ballast.plugins.loading import load

KEY = "metrics"


class ItemMetric:
    """A function of the user's own: all items of a task in, one number an item out. The score is their mean.

    One number an item, and no number for all, is what lets two stages be compared item by item. An item is a dict with
    doc (the row), arguments ([given, scored] texts of each request), choices, gold (indices of the right ones), target,
    log_probabilities (nats), greedy and tokens of each request, and text (what was generated, or None).
    """

    def __init__(self, name: str) -> None:
        """Raises PluginError: there is none, or it cannot be called."""
        self._plugin = load(name, KEY)
        if not callable(self._plugin.value):
            raise self._plugin.wrong("a function of a list of items", repr(self._plugin.value))

    @property
    def higher_is_better(self) -> bool:
        """The function's attribute of this name; true without one."""
        return bool(getattr(self._plugin.value, "higher_is_better", True))

    def values(self, items: list[dict[str, Any]]) -> list[float]:
        """One an item.

        Raises:
            PluginError: the function failed, or gave something else; with its file and line.
        """
        made = self._plugin.guarded(lambda: self._made(items))
        expected = f"{len(items)} numbers, one for each item"
        if not isinstance(made, list) or len(made) != len(items):
            raise self._plugin.wrong(expected, f"{len(made)}" if isinstance(made, list) else repr(made))
        for number, value in enumerate(made):
            if not isinstance(value, numbers.Real) or not math.isfinite(value):
                raise self._plugin.wrong(expected, f"{value!r} for item {number}")
        return [float(value) for value in made]

    def _made(self, items: list[dict[str, Any]]) -> Any:
        made = self._plugin.value(items)
        return list(made) if isinstance(made, Iterable) else made
