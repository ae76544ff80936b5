"""Whether a model in another form says what it said before."""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from ballast.export.probe import Probe, Row

# Largest difference of a logit that rounding explains, in standard deviations of the logits. Measured on stories15M and
# the tiny models: 8e-6, .015 and .073; deeper models round more often. What is wrong in truth (a lost adapter,
# transposed weights, other positions) differs by more than 1.
TOLERANCES = {"float32": 1e-3, "float16": 0.05, "bfloat16": 0.25}


class Reader(Protocol):
    """A model as a reader of the written form opens it."""

    # "teacher forcing", or "step by step through the cache".
    way: str

    def logits(self, row: Row) -> Tensor:
        """[len(row.ids), vocabulary], fp32, on the CPU."""


def compare(probe: Probe, reader: Reader, dtype: str) -> dict:
    """Logits of every position and the token chosen at each, in the units that a person can judge.

    Where two tokens are nearer to one another than rounding may move them, either is right: those positions are counted
    as undecided and not as wrong.

    Args:
        probe: what the model said
        reader: the same model in the form that was written
        dtype: of the weights written

    Returns:
        "passed", "tolerance", "maxDifference" (in nats of a logit), "scale" (standard deviation of the logits),
        "relative" (the one by the other), "tokens", "sameTokens", "undecidedTokens", "differentTokens", "rows", "way".
        Differences that are no numbers are infinite.
    """
    answers = [(row.logits, reader.logits(row)) for row in probe.rows]
    scale = float(torch.cat([before.flatten() for before, _ in answers]).std())
    difference = max(_difference(before, after) for before, after in answers)
    tolerance = TOLERANCES[dtype]
    counts = [_tokens(before, after, tolerance * scale) for before, after in answers]
    tokens, same, undecided = (sum(each) for each in zip(*counts, strict=True))
    relative = difference / scale if scale else difference
    return {
        "passed": relative <= tolerance and same + undecided == tokens,
        "tolerance": tolerance,
        "maxDifference": difference,
        "scale": scale,
        "relative": relative,
        "rows": len(answers),
        "tokens": tokens,
        "sameTokens": same,
        "undecidedTokens": undecided,
        "differentTokens": tokens - same - undecided,
        "way": reader.way,
    }


def _difference(before: Tensor, after: Tensor) -> float:
    if before.shape != after.shape:
        return float("inf")
    # Tokens that a model forbids are -inf on both sides.
    difference = torch.where(before == after, 0.0, (before - after).abs())
    return float(torch.nan_to_num(difference, nan=float("inf")).max())


def _tokens(before: Tensor, after: Tensor, moved: float) -> tuple[int, int, int]:
    """(positions, with the same token, where the two best lie within what both may have moved)."""
    if before.shape != after.shape:
        return len(before), 0, 0
    same = before.argmax(-1) == after.argmax(-1)
    best = before.topk(2).values
    undecided = ~same & (best[:, 0] - best[:, 1] <= 2 * moved)
    return len(before), int(same.sum()), int(undecided.sum())


class WholeRows:
    """A reader that answers all positions of a row in one forward pass."""

    way = "all positions of a row at once"

    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        """`forward`: ids [1, length] to logits [1, length, vocabulary]."""
        self._forward = forward

    @torch.no_grad()
    def logits(self, row: Row) -> Tensor:
        return self._forward(torch.tensor([row.ids]))[0].float().cpu()
