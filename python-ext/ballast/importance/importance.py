"""From the path integral ω to the importance Ω."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from torch import Tensor

from ballast import kernels
from ballast.errors import InvalidInputError
from ballast.kernels import shards

PATH_INTEGRAL = "path_integral"
FISHER = "fisher"
SENSITIVITY = "sensitivity"
RIEMANNIAN_WALK = "riemannian_walk"


@dataclass(frozen=True)
class Importance:
    """Ω as measured, and how it came about.

    Attributes:
        values: Ω by parameter name, fp32, the shape of its parameter, ≥ 0
        method: PATH_INTEGRAL, RIEMANNIAN_WALK, FISHER, SENSITIVITY, or one of `effective_fisher.KINDS`
        sum_omega: of a path integral: Σω over all parameters, to set beside the measured change of the general loss
        clamped_share: of a path integral: share of the elements whose ω was negative
        xi: of a path integral: the damping ξ used, absolute
        samples: of the other two: how many they are the mean of
        scaled: whether Ω is not as measured but over its mean, so that it can be set beside another task's
        sums: (ΣΩ, ΣΩ²) by parameter name where the pass that made these values took them along; of no other values
    """

    values: Mapping[str, Tensor]
    method: str
    sum_omega: float | None = None
    clamped_share: float | None = None
    xi: float | None = None
    samples: int | None = None
    scaled: bool = False
    sums: Mapping[str, tuple[float, float]] | None = field(default=None, init=False, compare=False)

    def over_its_mean(self) -> "Importance":
        """Ω of mean 1 over all elements; what is scaled already stays."""
        if self.scaled:
            return self
        elements = sum(value.numel() for value in self.values.values())
        mean = sum(sums_of(value)[0] for value in self.values.values()) / elements
        return replace(self, values={name: value / mean for name, value in self.values.items()}, scaled=True)

    def facts(self) -> dict[str, Any]:
        """All but the values, by attribute."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in ("values", "sums")}


def finish_importance(
    omega: Mapping[str, Tensor], start: Mapping[str, Tensor], end: Mapping[str, Tensor], xi: float, relative: bool
) -> Importance:
    """Ω = max(ω, 0) / (Δ² + ξ) with Δ = θ_end − θ⁰ (arXiv 2501.13669, equation for Ω; arXiv 1703.04200).

    ω can be negative under momentum, hence the clamp.

    Args:
        omega: ω by name, fp32
        start: θ⁰ by name, fp32
        end: θ_end by name, fp32
        xi: the damping, > 0
        relative: whether `xi` multiplies the median Δ² of the elements that moved, instead of being absolute

    Raises:
        InvalidInputError: ξ is not positive, or nothing moved.
    """
    return finish_in_place({name: tensor.clone() for name, tensor in omega.items()}, start, end, xi, relative)


def finish_in_place(
    omega: Mapping[str, Tensor], start: Mapping[str, Tensor], end: Mapping[str, Tensor], xi: float, relative: bool
) -> Importance:
    """As `finish_importance`, where nobody needs ω any more: it becomes Ω, which saves a copy of it."""
    names = list(omega)
    xi = absolute_xi(xi, relative, lambda: (end[name] - start[name] for name in start))
    omegas, starts, ends = ([of[name] for name in names] for of in (omega, start, end))
    return path_integral_importance(omega, names, kernels.finish_importance(omegas, starts, ends, xi=xi), xi)


def path_integral_importance(
    values: Mapping[str, Tensor], names: Sequence[str], sums: Tensor, xi: float
) -> Importance:
    """What `kernels.finish_importance` has made of a path integral.

    Args:
        values: Ω by name
        names: whose part a row of `sums` is; a tensor may come in several
        sums: [parts, 4], as the kernel gives them
        xi: the damping ξ used, absolute
    """
    by_name = dict.fromkeys(values, torch.zeros(4, dtype=torch.float64))
    for name, part in zip(names, sums.cpu(), strict=True):
        by_name[name] = by_name[name] + part
    sum_omega, negative, _, _ = sum(by_name.values()).tolist()
    elements = sum(tensor.numel() for tensor in values.values())
    importance = Importance(values, PATH_INTEGRAL, sum_omega, negative / elements, xi)
    object.__setattr__(importance, "sums", {name: tuple(part[2:].tolist()) for name, part in by_name.items()})
    return importance


def absolute_xi(xi: float, relative: bool, moves: Callable[[], Iterable[Tensor]]) -> float:
    """The damping ξ as a number.

    Args:
        xi: > 0
        relative: whether it multiplies the median Δ²
        moves: gives Δ in parts, as often as it is called

    Raises:
        InvalidInputError: ξ is not a positive number, or it is relative and nothing moved.
    """
    if not isinstance(xi, (int, float)) or not 0 < xi < math.inf:
        raise InvalidInputError(
            f"expected a finite xi above 0, found {xi!r}: it keeps Ω finite where a parameter did not move"
        )
    if not relative:
        return xi
    median = median_square(moves)
    if median == 0:
        raise nothing_moved()
    return xi * median


def nothing_moved() -> InvalidInputError:
    return InvalidInputError(
        "expected parameters that moved during the general phase, found none: there is no importance without a move; "
        "check general.learningRate and general.steps"
    )


def median_squared_move(start: Mapping[str, Tensor], end: Mapping[str, Tensor]) -> float:
    """`median_square` of θ_end − θ⁰, each by name."""
    return median_square(lambda: (end[name] - start[name] for name in start))


def median_square(moves: Callable[[], Iterable[Tensor]]) -> float:
    """The exact median (the lower one of an even number, as `torch.median`) of Δ² over all elements that moved; 0 where
    none did.

    A radix selection in two passes, without concatenating: the bits of non-negative floats are ordered as the
    integers they spell, so counting the upper 15 bits finds the median's bin and counting the lower 16 inside the bin
    finds the median.
    """
    with torch.no_grad():
        upper = sum(kernels.count_squares(move, None) for move in moves())
        moved = int(upper.sum())
        if moved == 0:
            return 0.0
        rank = (moved - 1) // 2
        top, rank = _bin_of(upper, rank)
        lower = sum(kernels.count_squares(move, top) for move in moves())
        bottom, _ = _bin_of(lower, rank)
    return float(torch.tensor((top << 16) | bottom, dtype=torch.int32).view(torch.float32))


def _bin_of(counts: Tensor, rank: int) -> tuple[int, int]:
    """The bin that holds the element of `rank` (from 0), and its rank inside that bin."""
    cumulative = counts.cumsum(0)
    found = int(torch.searchsorted(cumulative, rank, right=True))
    return found, rank - (int(cumulative[found]) - int(counts[found]))


def sums_of(values: Tensor) -> tuple[float, float]:
    """(ΣΩ, ΣΩ²) in float64, over all ranks where the tensor is spread over them."""
    norm = float(shards.whole(torch.linalg.vector_norm(values, dtype=torch.float64)))
    return float(shards.whole(values.sum(dtype=torch.float64))), norm * norm


def permuted(importance: Mapping[str, Tensor], seed: int) -> dict[str, Tensor]:
    """Ω with its positive elements permuted inside each tensor and its zeros kept in place: a control.

    Norms and layer coefficients stay as they are, and so does which parameters are free; what is lost is which of the
    held elements matters more.
    """
    shuffled = {}
    for index, (name, values) in enumerate(importance.items()):
        generator = torch.Generator().manual_seed(seed + index)
        held = (values > 0).flatten().nonzero().squeeze(1)
        order = torch.randperm(len(held), generator=generator).to(held.device)
        flat = values.flatten().clone()
        flat[held] = flat[held[order]]
        shuffled[name] = flat.view_as(values)
    return shuffled
