"""What a method against forgetting is, and how one is found by name."""

import difflib
from collections.abc import Callable, Mapping
from typing import Protocol

from torch import Tensor, nn

from ballast.anchor import Anchor
from ballast.errors import InvalidInputError
from ballast.penalty import RetentionPenalty
from ballast.settings import PhaseSettings


class Method(Protocol):
    """One way of holding a phase back. A method is one small class in one file of `ballast.methods`.

    A class attribute `importance` says what must have been measured for it: `importance.PATH_INTEGRAL` or
    `importance.FISHER`. A method without it needs no anchor.
    """

    def penalty(
        self, model: nn.Module, parameters: Mapping[str, Tensor], anchor: Anchor | None, settings: PhaseSettings
    ) -> RetentionPenalty | None:
        """What holds the phase back, made once at its start.

        Args:
            model: as it stands at the phase's start
            parameters: its covered parameters by name, live
            anchor: what to remember, or None
            settings: the phase's; a `strength` of None asks for the method's default in this form

        Raises:
            InvalidInputError: the method needs an anchor that is not there, or the anchor is of another model.
        """
        ...


_METHODS: dict[str, type[Method]] = {}


def register(name: str) -> Callable[[type[Method]], type[Method]]:
    """Class decorator: makes a method known under `name`."""

    def add(method: type[Method]) -> type[Method]:
        method.name = name
        _METHODS[name] = method
        return method

    return add


def names() -> list[str]:
    """The names of all methods, sorted."""
    return sorted(_METHODS)


def needs() -> dict[str, str | None]:
    """Of every method the kind of importance that it needs in an anchor; None for a method that needs no anchor."""
    return {name: getattr(_METHODS[name], "importance", None) for name in names()}


def create(name: str) -> Method:
    """The method of that name.

    Raises:
        InvalidInputError: there is none; names the nearest.
    """
    if name not in _METHODS:
        nearest = difflib.get_close_matches(name, _METHODS, n=1)
        meant = f'; did you mean "{nearest[0]}"?' if nearest else ""
        raise InvalidInputError(f'expected a method out of {", ".join(names())}, found "{name}"{meant}')
    return _METHODS[name]()
