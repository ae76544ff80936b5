"""Importance of several tasks as one."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ballast.errors import InvalidInputError
from ballast.importance.importance import Importance

SEPARATE = "separate"
SUM = "sum"
MEAN = "mean"
MAXIMUM = "maximum"
DECAY = "decay"
RULES = (SEPARATE, SUM, MEAN, MAXIMUM, DECAY)


def merged_importance(measured: Sequence[Importance], rule: str, decay: float | None = None) -> Importance:
    """Ω of several tasks as one, element by element, in the order in which they were measured.

    "sum": Σ_k Ω_k, as separate penalties with one θ* add up (Kirkpatrick et al. 2017, arXiv 1612.00796; Zenke et al.
    2017, arXiv 1703.04200). "separate": the same sum, for penalties that keep a θ* each: see `merged_reference`.
    "mean": the sum by how many there are. "maximum": the largest. "decay": Ω ← γ Ω + Ω_k in order, online EWC (Schwarz
    et al. 2018, arXiv 1805.06370); γ = 1 is the sum, γ = 0 the latest alone.

    What was known of one task alone, Σω and the clamped share, is dropped where there are several; ξ where they differ.

    Raises:
        InvalidInputError: an unknown rule, γ missing, superfluous or out of [0, 1], or different kinds of importance
            or scales.
    """
    _check(measured, rule, decay)
    latest = measured[-1]
    weights = _weights(len(measured), rule, decay)
    values = {}
    for name, last in latest.values.items():
        each = [one.values[name].to(last.device) for one in measured]
        if rule == MAXIMUM:
            values[name] = torch.stack(each).amax(0) if len(each) > 1 else each[0]
        else:
            values[name] = sum(weight * value for weight, value in zip(weights, each, strict=True))
    samples = [one.samples for one in measured]
    return Importance(
        values,
        latest.method,
        sum_omega=latest.sum_omega if len(measured) == 1 else None,
        clamped_share=latest.clamped_share if len(measured) == 1 else None,
        xi=latest.xi if len({one.xi for one in measured}) == 1 else None,
        samples=None if None in samples else sum(samples),
        scaled=latest.scaled,
    )


def merged_reference(
    measured: Sequence[Importance], references: Sequence[Mapping[str, Tensor] | None]
) -> dict[str, Tensor]:
    """The one θ* whose penalty stands for a penalty with each: Σ_k Ω_k θ*_k / Σ_k Ω_k, the latest where all Ω are 0.

    Σ_k Ω_k (θ − θ*_k)² = (Σ_k Ω_k) (θ − θ*)² + what does not depend on θ: completing the square. So the separate
    penalties of EWC (Kirkpatrick et al. 2017, arXiv 1612.00796) take the memory of one.

    Raises:
        InvalidInputError: an anchor whose θ* is not known.
    """
    if any(reference is None for reference in references):
        raise InvalidInputError(
            'expected anchors that hold their θ* for the rule "separate", found one whose θ* is the base: merge by '
            '"sum", or measure it with retention.reference end'
        )
    merged = {}
    for name, latest in references[-1].items():
        latest = latest.float()
        total = torch.zeros_like(latest)
        moved = torch.zeros_like(latest)
        for one, reference in zip(measured, references, strict=True):
            importance = one.values[name].to(latest.device)
            total += importance
            moved.addcmul_(importance, reference[name].to(latest.device) - latest)
        merged[name] = latest + torch.where(total > 0, moved / total, 0)
    return merged


def merged_seen_tokens(seen: Sequence[Tensor | None]) -> Tensor | None:
    """[vocabulary] bool: the tokens that any of the tasks had; None where one did not note them."""
    if any(each is None for each in seen):
        return None
    merged = seen[-1].clone()
    for each in seen[:-1]:
        merged |= each.to(merged.device)
    return merged


def _weights(count: int, rule: str, decay: float | None) -> list[float]:
    if rule == MEAN:
        return [1 / count] * count
    factor = 1.0 if decay is None else decay
    return [factor ** (count - 1 - index) for index in range(count)]


def _check(measured: Sequence[Importance], rule: str, decay: float | None) -> None:
    if rule not in RULES:
        raise InvalidInputError(f'expected a rule out of {", ".join(RULES)} to merge anchors by, found "{rule}"')
    if (rule == DECAY) != (decay is not None):
        raise InvalidInputError(
            f'expected a factor with the rule "decay", and with no other, found {decay} with "{rule}"'
        )
    if decay is not None and not 0 <= decay <= 1:
        raise InvalidInputError(f"expected a decay of 0 to 1, found {decay}")
    if len({one.scaled for one in measured}) > 1:
        raise InvalidInputError(
            "expected importance of one scale, found some as measured and some over its mean, as anchors with "
            'normalize "mean" are merged: set retention.normalize to "mean", or measure anew'
        )
    kinds = sorted({one.method for one in measured})
    if len(kinds) > 1:
        raise InvalidInputError(
            f"expected anchors of one kind of importance, found {' and '.join(kinds)}, which are not comparable: "
            "measure them with one method"
        )
