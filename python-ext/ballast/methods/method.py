"""What a method against forgetting is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from torch import Tensor, nn

from ballast.adapters.adapted import EFFECTIVE, FACTORS
from ballast.anchors import Anchor
from ballast.retention import Retention
from ballast.retention.penalty import DEFAULT_STRENGTH, GRADIENT, PROXIMAL
from ballast.settings import RetentionSettings, camel_case


@dataclass(frozen=True)
class PhaseStart:
    """What a method is given, once, when a phase begins.

    Attributes:
        model: as it stands
        parameters: its covered parameters by name, live
        anchor: what to remember, or None
        settings: what it is told; a `strength` of None asks for the default of the form
        former: for each adapter that was trained before and folded into the base: A [r, in] by the name of its module
    """

    model: nn.Module
    parameters: Mapping[str, Tensor]
    anchor: Anchor | None
    settings: RetentionSettings
    former: Sequence[Mapping[str, Tensor]] = ()


class Method(ABC):
    """One way of holding a phase back: a frozen dataclass whose fields, made by `option`, are its options.

    The first line of a method's docstring says what it is, the rest gives the formula.

    Attributes:
        name: as an experiment has it
        paper: where it is from, "" where there is no paper
        importance: what an anchor must have measured for it (a name of `ballast.importance`); None: it needs no anchor
        forms: how it can act: "proximal", "gradient", "objective"; see `default_form`
        strengths: λ by form where an experiment leaves it open, for `settings.strength_or`
        starts_afresh: whether its phase trains a new adapter, the one there is being folded into the base
        spaces: what it can hold: "factors" (the covered parameters), "effective" (what a LoRA adapter does to each
            matrix); the first is the default
        sharded: whether it works where each rank holds a part of every tensor
        needs: what else it needs beside a model and domain text, for people; "" for nothing
    """

    name: str
    paper: str = ""
    importance: str | None = None
    forms: tuple[str, ...] = (PROXIMAL, GRADIENT)
    strengths: Mapping[str, float] = DEFAULT_STRENGTH
    starts_afresh: bool = False
    spaces: tuple[str, ...] = (FACTORS,)
    sharded: bool = False
    needs: str = ""

    @classmethod
    def default_form(cls, space: str) -> str:
        """How it acts where nobody says: its first form, but by the gradient in the effective space where it can."""
        return GRADIENT if space == EFFECTIVE and GRADIENT in cls.forms else cls.forms[0]

    @abstractmethod
    def retain(self, start: PhaseStart) -> Retention:
        """What holds the phase back, made once at its start.

        Raises:
            InvalidInputError: the method needs an anchor that is not there, or the anchor is of another model.
        """


def option(default: Any, meaning: str, choices: tuple[str, ...] = (), minimum: float | None = None) -> Any:
    """A method's option: `field: type = option(…)`.

    Args:
        default: its type, one of bool, int, float, str, is the option's
        meaning: a sentence for people
        choices: the texts allowed; none means any
        minimum: the smallest number allowed
    """
    return field(default=default, metadata={"meaning": meaning, "choices": choices, "minimum": minimum})


def options_of(method: type[Method]) -> dict[str, dict[str, Any]]:
    """By the name that an experiment uses: "type", "default", "meaning", "choices", "minimum"."""
    return {
        camel_case(each.name): {
            "field": each.name,
            "type": type(each.default).__name__,
            "default": each.default,
            **each.metadata,
        }
        for each in (fields(method) if hasattr(method, "__dataclass_fields__") else ())
        if each.default is not MISSING and each.metadata
    }
