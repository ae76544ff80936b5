"""The settings of one training phase, and of what holds it back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ballast.errors import InvalidInputError


@dataclass(frozen=True)
class RetentionSettings:
    """What a method is told. There are no defaults here: the experiment's stand in one place, in Java.

    Attributes:
        seed: of dropout and whatever else is random
        method: a name from `ballast.methods`, or "package.module:ClassName"
        options: the method's own, by the names that an experiment uses
        strength: λ ("lambda" in the experiment), or None for the method's default in this form
        form: one of the method's: "proximal", "gradient" or "objective"; None: its default, `Method.default_form`
        space: "factors": the covered parameters themselves, LoRA's A and B where there are such; "effective": what a
            LoRA adapter does to each matrix
        layer_coefficients: as in `importance.layer_coefficients`
        layers: "block" or "parameter"
        normalize: "mean" or "none"
        permute: whether the method is given importance permuted inside each tensor, a control
    """

    seed: int
    method: str
    options: Mapping[str, Any]
    strength: float | None
    form: str | None
    space: str
    layer_coefficients: str
    layers: str
    normalize: str
    permute: bool

    def strength_or(self, default_by_form: Mapping[str, float]) -> float:
        """λ, or the default of this form where the experiment leaves it open.

        Raises:
            InvalidInputError: an unknown form.
        """
        if self.form not in default_by_form:
            raise InvalidInputError(f'expected a form out of {", ".join(default_by_form)}, found "{self.form}"')
        return default_by_form[self.form] if self.strength is None else self.strength


@dataclass(frozen=True)
class PhaseSettings(RetentionSettings):
    """What a phase is told.

    Attributes:
        steps: optimizer steps that the schedule spans
        learning_rate: the schedule's peak, η
        schedule: "linear", "cosine" or "constant"
        warmup_steps: optimizer steps in which η rises from 0 to its peak
        weight_decay: AdamW's decoupled weight decay
        clip_norm: largest gradient norm; 0 clips nothing
        importance: what is measured along the way, `importance.PATH_INTEGRAL`, `importance.RIEMANNIAN_WALK` or None
        independent_gradient: whether the path integral takes its gradient from batches of its own: see
            `TrainingPhase.measure`
    """

    steps: int
    learning_rate: float
    schedule: str
    warmup_steps: int
    weight_decay: float
    clip_norm: float
    importance: str | None
    independent_gradient: bool

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> "PhaseSettings":
        """From the experiment's camelCase keys; "lambda" is `strength`.

        "anchor" (a handle) and "dtype" (of the forward pass) are the caller's and left out.

        Raises:
            TypeError: a key is missing or unknown.
        """
        names = {"lambda": "strength"}
        callers = ("anchor", "dtype")
        return cls(**{names.get(key, _snake_case(key)): value for key, value in settings.items() if key not in callers})


def camel_case(name: str) -> str:
    """A Python name as an experiment writes it."""
    return re.sub("_(.)", lambda letter: letter[1].upper(), name)


def _snake_case(key: str) -> str:
    return re.sub("([A-Z])", lambda capital: "_" + capital[1].lower(), key)
