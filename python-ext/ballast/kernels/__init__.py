"""Elementwise passes over the parameters that torch does not already do in one.

Each has a plain PyTorch `reference`; `native` does it on the CPU in one pass over the memory, and `cuda` on a GPU. What
serves is chosen per call: contiguous fp32 tensors go to the compiled kernels of their device where those can be had,
everything else goes to the reference. `BALLAST_NATIVE=0` in the environment turns both off.

A `gate` is a 0-dim int32 tensor on the parameters' device; where it is not 0, nothing changes. The host never reads it,
so watching for values that are not finite costs no synchronisation.
"""

import functools
import logging
from collections.abc import Sequence
from types import ModuleType

import torch
from torch import Tensor

from ballast.kernels import cuda, native, plain, reference, shards
from ballast.kernels.library import TURNED_OFF, Held
from ballast.kernels.row_codes import RowCodes

__all__ = [
    "Held",
    "RowCodes",
    "accumulate_path_integral",
    "adamw_path_integral",
    "adamw_penalty",
    "add_penalty_gradient",
    "count_squares",
    "describe",
    "finish_importance",
    "penalty",
    "proximal_step",
]

_CPU = torch.device("cpu")
_log = logging.getLogger("ballast.kernels")


def adamw_path_integral(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    exp_avgs: Sequence[Tensor],
    exp_avg_sqs: Sequence[Tensor],
    omegas: Sequence[Tensor],
    *,
    clip: Tensor,
    gate: Tensor,
    **settings: float,
) -> None:
    """One AdamW step and its path integral, in place: the arguments of `reference.adamw_path_integral`."""
    for group in shards.groups(parameters):
        tensors = list(map(group.local, (parameters, gradients, exp_avgs, exp_avg_sqs, omegas)))
        _serving(tensors).adamw_path_integral(*tensors, clip=shards.whole(clip), gate=gate, **settings)


def accumulate_path_integral(
    omegas: Sequence[Tensor],
    gradients: Sequence[Tensor],
    before: Sequence[Tensor],
    after: Sequence[Tensor],
    *,
    gate: Tensor,
) -> None:
    """What a step of some other optimizer adds to ω, in place: the arguments of `reference.accumulate_path_integral`."""
    for group in shards.groups(omegas):
        reference.accumulate_path_integral(*map(group.local, (omegas, gradients, before, after)), gate=gate)


def adamw_penalty(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    exp_avgs: Sequence[Tensor],
    exp_avg_sqs: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Held],
    *,
    strengths: Sequence[float],
    clip: Tensor,
    gate: Tensor,
    value: Tensor,
    omegas: Sequence[Tensor] | None = None,
    **settings: float | str,
) -> None:
    """One AdamW step under the penalty, in place, and its value: the arguments of `reference.adamw_penalty`."""
    total = torch.zeros_like(value)
    for group in shards.groups(parameters):
        tensors = list(map(group.local, (parameters, gradients, exp_avgs, exp_avg_sqs)))
        measured = [] if omegas is None else [group.local(omegas)]
        anchor = (group.local(references), group.local(importances))
        part = torch.zeros_like(value)
        _serving([*tensors, *measured], anchor).adamw_penalty(
            *tensors, *anchor,
            strengths=group.of(strengths), clip=shards.whole(clip), gate=gate, value=part,
            omegas=measured[0] if measured else None, **settings,
        )  # fmt: skip
        total += group.total(part)
    value.copy_(torch.where(gate == 0, total, value))


def add_penalty_gradient(
    gradients: Sequence[Tensor],
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Held],
    *,
    strengths: Sequence[float],
    gate: Tensor,
) -> Tensor:
    """The penalty's gradient joins the task's, in place, and the norm of both: the arguments of
    `reference.add_penalty_gradient`."""
    squares = torch.zeros((), dtype=torch.float64, device=gate.device)
    for group in shards.groups(parameters):
        tensors = list(map(group.local, (gradients, parameters)))
        anchor = (group.local(references), group.local(importances))
        norm = _serving(tensors, anchor).add_penalty_gradient(
            *tensors, *anchor, strengths=group.of(strengths), gate=gate
        )
        squares += group.total(norm.double().square_())
    return squares.sqrt_().float()


def proximal_step(
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Held],
    *,
    strengths: Sequence[float],
    **settings: float | Tensor,
) -> None:
    """The penalty's proximal step, in place: the arguments of `reference.proximal_step`."""
    for group in shards.groups(parameters):
        tensors, *anchor = map(group.local, (parameters, references, importances))
        _serving([tensors], anchor).proximal_step(tensors, *anchor, strengths=group.of(strengths), **settings)


def penalty(
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Held],
    *,
    strengths: Sequence[float],
) -> Tensor:
    """The penalty as it stands: the arguments of `reference.penalty`."""
    total = torch.zeros((), dtype=torch.float64, device=parameters[0].device)
    for group in shards.groups(parameters):
        total += group.total(
            reference.penalty(
                *map(group.local, (parameters, references, importances)), strengths=group.of(strengths)
            )
        )
    return total


def finish_importance(
    omegas: Sequence[Tensor], starts: Sequence[Tensor] | None, ends: Sequence[Tensor], *, xi: float
) -> Tensor:
    """ω becomes Ω, in place, and what each tensor comes to: the arguments of `reference.finish_importance`."""
    totals = torch.zeros(len(omegas), 4, dtype=torch.float64, device=omegas[0].device if omegas else None)
    for group in shards.groups(omegas):
        tensors = list(map(group.local, (omegas, ends)))
        begun = None if starts is None else group.local(starts)
        serving = _serving(tensors if begun is None else [*tensors, begun])
        totals[group.indices] = group.total(serving.finish_importance(tensors[0], begun, tensors[1], xi=xi))
    return totals


def count_squares(values: Tensor, top: int | None) -> Tensor:
    """How the squares are spread: the arguments of `reference.count_squares`."""
    (group,) = shards.groups([values])
    (local,) = group.local([values])
    plain_cpu = native.is_enabled() and native.supports([local])
    counts = (native if plain_cpu else reference).count_squares(local, top)
    return group.total(counts.to(local.device)).cpu()


def describe(device: torch.device = _CPU) -> dict[str, str]:
    """What serves plain fp32 tensors there, and why: {"implementation": "native", "cuda" or "reference", "reason": a
    sentence}."""
    if device.type == "cpu":
        return {"implementation": "native" if native.is_enabled() else "reference", "reason": native.reason()}
    if device.type == "cuda":
        return {"implementation": "cuda" if cuda.is_enabled(device) else "reference", "reason": cuda.reason(device)}
    return {"implementation": "reference", "reason": f"there are no kernels for {device.type}"}


def _serving(
    tensors: Sequence[Sequence[Tensor]], anchor: tuple[Sequence[Tensor], Sequence[Held]] | None = None
) -> ModuleType:
    """The implementation for these fp32 tensors and for what an anchor holds of them."""
    device = tensors[0][0].device if tensors[0] else _CPU
    _say_once(device)
    if anchor is not None and not plain.supports_anchor(tensors[0], *anchor):
        return reference
    if native.is_enabled() and native.supports(*tensors):
        return native
    if cuda.supports(*tensors) and device.type == "cuda" and cuda.is_enabled(device):
        return cuda
    return reference


@functools.cache
def _say_once(device: torch.device) -> None:
    implementation, reason = describe(device).values()
    failed = implementation == "reference" and device.type in ("cpu", "cuda") and reason != TURNED_OFF
    _log.log(logging.WARNING if failed else logging.INFO, "kernels on %s: %s; %s", device, implementation, reason)
