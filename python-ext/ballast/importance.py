"""From the path integral ω to the importance Ω and the layer coefficients α."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
        mean = sum(_sums(value)[0] for value in self.values.values()) / elements
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


@dataclass(frozen=True)
class Layer:
    """One layer's share of the importance.

    Attributes:
        name: "embedding", "block.3", "head", or a parameter's name
        parameters: names of the covered parameters in it
        elements: how many numbers they hold, N
        norm: ‖Ω‖₂ over the layer
        alpha: its coefficient α
    """

    name: str
    parameters: tuple[str, ...]
    elements: int
    norm: float
    alpha: float

    @property
    def rms(self) -> float:
        """‖Ω‖₂ / √N, which does not grow with the layer's size."""
        return self.norm / math.sqrt(self.elements)


@dataclass(frozen=True)
class LayerWeights:
    """The layers with their α, and the scale that makes α Ω what the penalty weighs.

    Attributes:
        kind: how α was made, as in `layer_coefficients`
        normalize: "mean" or "none"
        layers: in the model's order
        scale: multiplies α Ω so that its mean over the covered elements is 1; 1 without normalisation
    """

    kind: str
    normalize: str
    layers: tuple[Layer, ...]
    scale: float

    @property
    def alpha_entropy(self) -> float:
        """Entropy of α / Σα in nats: 0 where one layer has everything, ln L where all have the same."""
        total = sum(layer.alpha for layer in self.layers)
        shares = [layer.alpha / total for layer in self.layers]
        return -sum(share * math.log(share) for share in shares if share > 0)

    def coefficients(self) -> dict[str, float]:
        """What multiplies Ω in the penalty, α × scale, by parameter name."""
        return {name: layer.alpha * self.scale for layer in self.layers for name in layer.parameters}


def weigh_layers(
    importance: Mapping[str, Tensor],
    groups: Mapping[str, Sequence[str]],
    kind: str,
    normalize: str,
    sums: Mapping[str, tuple[float, float]] | None = None,
) -> LayerWeights:
    """Measures each layer's ‖Ω‖ and sets its α.

    Args:
        importance: Ω by parameter name
        groups: parameter names by layer, from `layers.group_layers`
        kind: as in `layer_coefficients`
        normalize: "mean" rescales α Ω to mean 1 over the covered elements; "none" is the paper's form
        sums: (ΣΩ, ΣΩ²) by parameter name where they are known

    Raises:
        InvalidInputError: an unknown `kind` or `normalize`, or importance that is 0 everywhere.
    """
    if sums is None:
        sums = {name: _sums(importance[name]) for names in groups.values() for name in names}
    norms = {layer: math.sqrt(sum(sums[name][1] for name in names)) for layer, names in groups.items()}
    elements = {layer: sum(importance[name].numel() for name in names) for layer, names in groups.items()}
    alphas = layer_coefficients(norms, elements, kind)
    layers = tuple(
        Layer(layer, tuple(names), elements[layer], norms[layer], alphas[layer])
        for layer, names in groups.items()
    )
    return LayerWeights(kind, normalize, layers, _scale(sums, layers, normalize))


def layer_coefficients(norms: Mapping[str, float], elements: Mapping[str, int], kind: str) -> dict[str, float]:
    """α by layer from n = ‖Ω_l‖₂ and the number of elements N by layer (arXiv 2501.13669).

    "paper": softmax(n). "scaled": L · softmax(n / mean n), mean 1. "scaled-rms": the same of n / √N, which does not grow
    with a layer's size. "uniform": 1, which is Synaptic Intelligence.
    Norms of real models differ by hundreds, so the paper's softmax puts nearly everything on one layer.

    Raises:
        InvalidInputError: an unknown `kind`, or norms that are all 0.
    """
    if not any(norms.values()):
        raise InvalidInputError(
            "expected some importance above 0, found 0 in every parameter: the general phase did not lower its loss; "
            "give it more steps or another learning rate"
        )
    n = torch.tensor(list(norms.values()), dtype=torch.float64)
    if kind == "scaled-rms":
        n /= torch.tensor([elements[layer] for layer in norms], dtype=torch.float64).sqrt()
    if kind == "paper":
        alpha = n.softmax(0)
    elif kind in ("scaled", "scaled-rms"):
        alpha = len(n) * (n / n.mean()).softmax(0)
    elif kind == "uniform":
        alpha = torch.ones_like(n)
    else:
        raise InvalidInputError(
            f'expected layerCoefficients "paper", "scaled", "scaled-rms" or "uniform", found "{kind}"'
        )
    return dict(zip(norms, alpha.tolist(), strict=True))


def _sums(values: Tensor) -> tuple[float, float]:
    norm = float(shards.whole(torch.linalg.vector_norm(values, dtype=torch.float64)))
    return float(shards.whole(values.sum(dtype=torch.float64))), norm * norm


def _scale(sums: Mapping[str, tuple[float, float]], layers: Sequence[Layer], normalize: str) -> float:
    if normalize == "none":
        return 1.0
    if normalize != "mean":
        raise InvalidInputError(f'expected normalize "mean" or "none", found "{normalize}"')
    weighted = sum(layer.alpha * sums[name][0] for layer in layers for name in layer.parameters)
    return sum(layer.elements for layer in layers) / weighted
