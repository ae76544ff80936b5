"""Orthogonal low-rank adaptation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from ballast.errors import InvalidInputError
from ballast.methods.method import Method, PhaseStart, option
from ballast.methods.registry import register
from ballast.models import lora_files
from ballast.retention import Retention
from ballast.retention.penalty import GRADIENT

ABSOLUTE = "absolute"
SQUARED = "squared"


@register("olora")
@dataclass(frozen=True)
class OLoRA(Method):
    """A new adapter's A is kept orthogonal to the former adapters' (O-LoRA).

    λ Σ_W Σ_former Σ_jk |(A_former A_newᵀ)_jk| as the released code has it (cmnfriend/O-LoRA, with λ = 0.5), or of
    (A_former A_newᵀ)_jk² as the paper writes it. An adapter that has been trained when the phase begins, by a general
    phase or on an earlier domain, is folded into the base's weights as a former one, and a new one is trained; what is
    saved is one adapter that holds them all. Of the adapters in the option `former` only A is read: their updates belong
    into the base model.
    """

    paper = "arXiv 2310.14152"
    forms = (GRADIENT,)
    strengths: ClassVar[Mapping[str, float]] = {GRADIENT: 0.5}
    starts_afresh = True
    needs = "an adapter, and a former one: from a general phase, or the option former"

    former: str = option("", "Folders of adapters trained before, comma separated, beside those of this run.")
    norm: str = option(ABSOLUTE, "What is summed: absolute values or squares.", choices=(ABSOLUTE, SQUARED))

    def retain(self, start: PhaseStart) -> "Orthogonality":
        formers = [*start.former, *(_directions(folder) for folder in self.former.split(",") if folder.strip())]
        if not formers:
            raise InvalidInputError(
                'retention.method: olora needs a former adapter, found none; add a "general" block, which trains one, '
                'or name folders of adapters in "retention.options.former"'
            )
        pairs = [
            (parameter, adapter[module])
            for name, parameter in start.parameters.items()
            for module, mark, _ in [name.partition(".lora_A.")]
            for adapter in formers
            if mark and module in adapter
        ]
        if not pairs:
            raise InvalidInputError(
                "retention.method: olora needs a former adapter on a module that the new one is on, found none; give "
                "both the same adapter.targets"
            )
        for parameter, directions in pairs:
            if parameter.shape[1] != directions.shape[1]:
                raise InvalidInputError(
                    f"retention.options.former: expected an adapter of this model, with {parameter.shape[1]} inputs, "
                    f"found one with {directions.shape[1]}"
                )
        return Orthogonality(pairs, start.settings.strength_or(self.strengths), self.norm)


class Orthogonality(Retention):
    """λ Σ |A_former Aᵀ|, or of its squares, over pairs of an adapter's A and a former one."""

    acts_on_step = True

    def __init__(self, pairs: Sequence[tuple[Tensor, Tensor]], strength: float, norm: str) -> None:
        """
        Args:
            pairs: (A [r, in], live; A_former [r', in]); an A may come several times
            strength: λ
            norm: "absolute" or "squared"
        """
        self.strength = strength
        self._pairs = [(new, former.to(new.device, new.dtype)) for new, former in pairs]
        self._norm = norm

    @torch.no_grad()
    def add_gradient(self) -> None:
        """Adds λ sign(A A_formerᵀ) A_former, or 2 λ A A_formerᵀ A_former, to A's `.grad`."""
        for new, former in self._pairs:
            overlap = new @ former.T  # [r, r']
            slope = overlap.sign() if self._norm == ABSOLUTE else 2 * overlap
            new.grad.addmm_(slope, former, alpha=self.strength)

    @torch.no_grad()
    def value(self) -> Tensor:
        overlaps = [new @ former.T for new, former in self._pairs]
        terms = [each.abs() if self._norm == ABSOLUTE else each.square() for each in overlaps]
        return self.strength * torch.stack([term.sum(dtype=torch.float64) for term in terms]).sum()


def _directions(folder: str) -> Mapping[str, Tensor]:
    try:
        return lora_files.read_input_directions(Path(folder.strip()))
    except InvalidInputError as error:
        raise InvalidInputError(f"retention.options.former: {error}") from error
