"""What each storage of an anchor's Ω costs in exactness, and what the forms that were not chosen would cost.

    python -m benchmarks.anchor_storage ANCHOR

Prints for each form its size as a share of Ω in float32, the error Σ|Ω̂ − Ω| / ΣΩ, Spearman's rank correlation with Ω,
and how much of the largest 1 % is still there. The anchor must be one in float32.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from ballast.anchors import Anchor
from ballast.anchors.comparison import compare
from ballast.importance.storage import BFloat16, Factored, Int8, Sparse, relative_error


def companded(power: float) -> Callable[[Tensor], Tensor]:
    """255 steps of the root, a scale for each row: `Int8` has the third."""

    def restored(values: Tensor) -> Tensor:
        rows = values if values.ndim > 1 else values[None]
        scale = rows.amax(-1, keepdim=True)
        scale = torch.where(scale > 0, scale, 1)
        return ((rows / scale).pow(1 / power).mul(255).round() / 255).pow(power).mul(scale).view_as(values)

    return restored


def logarithmic(bits: float) -> Callable[[Tensor], Tensor]:
    """254 steps of the logarithm down to 2^-bits of the row's largest, and 0."""

    def restored(values: Tensor) -> Tensor:
        rows = values if values.ndim > 1 else values[None]
        scale = rows.amax(-1, keepdim=True)
        scale = torch.where(scale > 0, scale, 1)
        codes = (255 + (rows / scale).log2() * 254 / bits).round().clamp(min=0)
        return torch.where(codes > 0, ((codes - 255) * bits / 254).exp2() * scale, 0).view_as(values)

    return restored


def over_nothing(share: float) -> Callable[[Tensor], Tensor]:
    """The largest, and 0 elsewhere."""

    def restored(values: Tensor) -> Tensor:
        kept = values.flatten().topk(max(1, round(share * values.numel()))).indices
        flat = torch.zeros_like(values).flatten()
        flat[kept] = values.flatten()[kept]
        return flat.view_as(values)

    return restored


NOT_CHOSEN = {
    "int8, equal steps": companded(1),
    "int8, square root": companded(2),
    "int8, fourth root": companded(4),
    "int8, logarithm over 16 bits": logarithmic(16),
    "int8, logarithm over 32 bits": logarithmic(32),
    "largest 0.1 over zeros": over_nothing(0.1),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("anchor")
    anchor = Anchor.load(arguments.parse_args().anchor)
    whole = 4 * sum(values.numel() for values in anchor.importance.values())
    print("| form | size | error | rank correlation | of the largest 1 % |")
    print("|---|---|---|---|---|")
    for storage in (BFloat16(), Int8(), Sparse(0.2), Sparse(0.1), Sparse(0.05), Sparse(0.01), Factored()):
        stored = anchor.stored_as(storage)
        name = " ".join(str(fact) for fact in storage.facts().values())
        show(name, f"{100 * stored.stored.bytes / whole:.2f} %", stored.stored.error, anchor, stored)
    for name, restored in NOT_CHOSEN.items():
        values = {key: restored(value) for key, value in anchor.importance.items()}
        other = replace(anchor, measured=replace(anchor.measured, values=values))
        show(name, "", relative_error(values, anchor.importance), anchor, other)


def show(name: str, size: str, error: float, one: Anchor, other: Anchor) -> None:
    agreement = compare(one, other)
    print(
        f"| {name} | {size} | {100 * error:.2f} % | {agreement['rankCorrelation']:.4f} | "
        f"{100 * agreement['topOverlap']:.1f} % |",
        flush=True,
    )


if __name__ == "__main__":
    main()
