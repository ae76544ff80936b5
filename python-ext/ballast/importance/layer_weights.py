"""The layer coefficients α: how much each layer's importance counts (arXiv 2501.13669)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ballast.errors import InvalidInputError
from ballast.importance.importance import sums_of


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
        sums = {name: sums_of(importance[name]) for names in groups.values() for name in names}
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


def _scale(sums: Mapping[str, tuple[float, float]], layers: Sequence[Layer], normalize: str) -> float:
    if normalize == "none":
        return 1.0
    if normalize != "mean":
        raise InvalidInputError(f'expected normalize "mean" or "none", found "{normalize}"')
    weighted = sum(layer.alpha * sums[name][0] for layer in layers for name in layer.parameters)
    return sum(layer.elements for layer in layers) / weighted
