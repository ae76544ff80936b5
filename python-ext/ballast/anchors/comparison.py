"""Two anchors side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from ballast.anchors.anchor import Anchor
from ballast.errors import InvalidInputError
from ballast.importance.distribution import Distribution, bins_of

TOP = 0.01
"""The share of elements that `topOverlap` is about."""


def compare(first: Anchor, second: Anchor) -> dict[str, Any]:
    """What two anchors of models of one shape agree in.

    Returns:
        "facts": for base model, data, method, xi, storage each {"name", "first", "second", "same"}; "mean": their mean
        Ω, a pair; "rankCorrelation": Spearman's ρ of Ω over all elements; "topOverlap": |A ∩ B| over the mean of |A|
        and |B|, where A and B are where the largest 1 % of each lie (0.01 by chance); "layers": for each layer of the first
        {"name", "elements", "rankCorrelation", "topOverlap"}. A correlation is None where all elements of a side are
        equal.

    Raises:
        InvalidInputError: a parameter that the other one lacks, or has in another shape (names it).
    """
    _check(first, second)
    names = list(first.importance)
    return {
        "facts": _facts(first, second),
        "mean": [Distribution.of(anchor.importance.values()).mean for anchor in (first, second)],
        **_agreement(first.importance, second.importance, names),
        "layers": [
            {
                "name": layer.name,
                "elements": layer.elements,
                **_agreement(first.importance, second.importance, layer.parameters),
            }
            for layer in first.layer_weights.layers
        ],
    }


def _agreement(one: Mapping[str, Tensor], other: Mapping[str, Tensor], names: Sequence[str]) -> dict[str, float | None]:
    spreads = [Distribution.of(side[name] for name in names) for side in (one, other)]
    middle = (spreads[0].elements + 1) / 2
    ranks = [spread.ranks() - middle for spread in spreads]
    cuts = [spread.largest_from(TOP) for spread in spreads]
    products, both = 0.0, 0
    for name in names:
        bins = [bins_of(side[name]).flatten().cpu() for side in (one, other)]
        products += float((ranks[0][bins[0]] * ranks[1][bins[1]]).sum())
        both += int(((bins[0] >= cuts[0]) & (bins[1] >= cuts[1])).sum())
    squares = [float((spread.counts * rank[spread.bins].square()).sum()) for spread, rank in zip(spreads, ranks)]
    largest = [spread.above(cut) for spread, cut in zip(spreads, cuts)]
    return {
        "rankCorrelation": products / (squares[0] * squares[1]) ** 0.5 if all(squares) else None,
        "topOverlap": 2 * both / sum(largest) if any(largest) else None,
    }


def _facts(first: Anchor, second: Anchor) -> list[dict[str, Any]]:
    pairs = {
        "base model": [anchor.provenance.get("baseModel") for anchor in (first, second)],
        "data": [anchor.provenance.get("data") for anchor in (first, second)],
        "method": [anchor.measured.method for anchor in (first, second)],
        "xi": [anchor.measured.xi for anchor in (first, second)],
        "storage": [anchor.describe()["storage"] for anchor in (first, second)],
    }
    return [
        {"name": name, "first": one, "second": other, "same": one == other and one is not None}
        for name, (one, other) in pairs.items()
    ]


def _check(first: Anchor, second: Anchor) -> None:
    for one, other, which in ((first, second, "second"), (second, first, "first")):
        for name, values in one.importance.items():
            found = list(other.importance[name].shape) if name in other.importance else "no such parameter"
            if found != list(values.shape):
                raise InvalidInputError(
                    f"expected anchors of one model; the first mismatch is {name}: {list(values.shape)} in one, "
                    f"{found} in the {which}: compare anchors with the same parameters"
                )
