"""A phase's `stop`: ends the phase before its last step."""

import inspect
import numbers
from collections.abc import Sequence

from ballast.plugins.loading import load

KEY = "stop"


class StoppingRule:
    """A function `rule(step, losses)` of the user's own; or a class without arguments whose instances are called so.

    A class is instantiated at each phase's beginning, so that it may remember what it saw.
    """

    def __init__(self, name: str) -> None:
        """Raises PluginError: there is none, it cannot be called, or its class takes arguments."""
        self._plugin = load(name, KEY)
        self._rule = self._plugin.value
        if inspect.isclass(self._rule):
            self._rule = self._plugin.guarded(self._rule)
        if not callable(self._rule):
            raise self._plugin.wrong("a function, or a class with __call__(self, step, losses)", repr(self._rule))

    def reason(self, step: int, losses: Sequence[float]) -> str | None:
        """Why the phase should end now; None to go on.

        Args:
            step: optimizer steps made
            losses: nats per token, the mean since the look before, for each look so far

        Raises:
            PluginError: the rule failed, or gave something else; with its file and line.
        """
        said = self._plugin.guarded(lambda: self._rule(step, list(losses)))
        if said is None or isinstance(said, str):
            return said or None
        if isinstance(said, (bool, numbers.Integral)) or type(said).__name__ in ("bool", "bool_"):
            return f"{self._plugin.name} says so" if said else None
        raise self._plugin.wrong("true, false, None or a reason", repr(said))
