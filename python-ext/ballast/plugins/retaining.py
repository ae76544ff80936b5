"""What a method of the user's own holds a phase back with."""

import contextlib
import dataclasses
import sys
from typing import Any

from torch import Tensor

from ballast.forward.batches import TokenBatch
from ballast.models import OpenedModel
from ballast.plugins.loading import Plugin
from ballast.retention import Retention


def guarded(retention: Any, plugin: Plugin) -> Retention:
    """The same, but what fails in it while a phase goes on is a `PluginError` with the plug-in's file and line.

    What is Ballast's own, as a method that only chooses among its parts returns it, stays as it is.

    Raises:
        PluginError: it is no `Retention`.
    """
    if not isinstance(retention, Retention):
        raise plugin.wrong("a ballast.retention.Retention from retain(start)", repr(retention))
    return retention if _is_ballasts(type(retention)) else GuardedRetention(retention, plugin)


class GuardedRetention(Retention):
    """Asks another, and looks at what it gives."""

    def __init__(self, retention: Retention, plugin: Plugin) -> None:
        self._retention = retention
        self._plugin = plugin

    @property
    def strength(self) -> float | None:
        return self._retention.strength

    @property
    def acts_on_step(self) -> bool:
        return self._retention.acts_on_step

    @property
    def acts_on_objective(self) -> bool:
        return self._retention.acts_on_objective

    def objective(self, opened: OpenedModel, batch: TokenBatch) -> tuple[Tensor, Tensor]:
        with self._guard("objective"):
            given = self._retention.objective(opened, batch)
        if not (isinstance(given, tuple) and len(given) == 2 and all(map(_is_scalar, given))):
            raise self._part("objective").wrong("two 0-dim tensors, (objective, task loss)", f"{given!r:.200}")
        if not given[0].requires_grad:
            raise self._part("objective").wrong("an objective with a gradient", "one that the model has no part in")
        return given

    def around_backward(self) -> contextlib.AbstractContextManager[None]:
        return self._guard("objective")

    def add_gradient(self) -> Tensor | None:
        with self._guard("add_gradient"):
            norm = self._retention.add_gradient()
        if not (norm is None or _is_scalar(norm)):
            raise self._part("add_gradient").wrong("None or a 0-dim tensor", f"{norm!r:.200}")
        return norm

    def proximal_step(self, learning_rate: float, gate: Tensor) -> None:
        with self._guard("proximal_step"):
            self._retention.proximal_step(learning_rate, gate)

    def value(self) -> Tensor:
        with self._guard("value"):
            value = self._retention.value()
        if not _is_scalar(value):
            raise self._part("value").wrong("a 0-dim tensor", f"{value!r:.200}")
        return value

    def _guard(self, name: str) -> contextlib.AbstractContextManager[None]:
        """What is inherited from Ballast is not the plug-in's to answer for."""
        is_inherited = _is_ballasts(getattr(type(self._retention), name))
        return contextlib.nullcontext() if is_inherited else self._part(name).guard()

    def _part(self, name: str) -> Plugin:
        """The plug-in at the function of this name, which may be in another module than the method."""
        function = getattr(type(self._retention), name)
        return dataclasses.replace(self._plugin, value=function, module=sys.modules[function.__module__])


def _is_ballasts(what: Any) -> bool:
    return what.__module__.partition(".")[0] == "ballast"


def _is_scalar(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dim() == 0
