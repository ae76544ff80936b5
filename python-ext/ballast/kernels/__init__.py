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

from ballast.kernels import cuda, native, plain, reference
from ballast.kernels.library import Held
from ballast.kernels.reference import accumulate_path_integral
from ballast.kernels.row_codes import RowCodes

__all__ = [
    "Held",
    "RowCodes",
    "accumulate_path_integral",
    "adamw_path_integral",
    "adamw_penalty",
    "add_penalty_gradient",
    "describe",
    "finish_importance",
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
    **settings: float | Tensor,
) -> None:
    """One AdamW step and its path integral, in place: the arguments of `reference.adamw_path_integral`."""
    tensors = (parameters, gradients, exp_avgs, exp_avg_sqs, omegas)
    _serving(tensors).adamw_path_integral(*tensors, **settings)


def adamw_penalty(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    exp_avgs: Sequence[Tensor],
    exp_avg_sqs: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Held],
    **settings: float | str | Sequence[float] | Tensor,
) -> None:
    """One AdamW step under the penalty, in place, and its value: the arguments of `reference.adamw_penalty`."""
    tensors, anchor = (parameters, gradients, exp_avgs, exp_avg_sqs), (references, importances)
    _serving(tensors, anchor).adamw_penalty(*tensors, *anchor, **settings)


def add_penalty_gradient(
    gradients: Sequence[Tensor],
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Held],
    **settings: Sequence[float] | Tensor,
) -> Tensor:
    """The penalty's gradient joins the task's, in place, and the norm of both: the arguments of
    `reference.add_penalty_gradient`."""
    tensors, anchor = (gradients, parameters), (references, importances)
    return _serving(tensors, anchor).add_penalty_gradient(*tensors, *anchor, **settings)


def proximal_step(
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Held],
    **settings: float | Sequence[float] | Tensor,
) -> None:
    """The penalty's proximal step, in place: the arguments of `reference.proximal_step`."""
    anchor = (references, importances)
    _serving((parameters,), anchor).proximal_step(parameters, *anchor, **settings)


def finish_importance(
    omegas: Sequence[Tensor], starts: Sequence[Tensor] | None, ends: Sequence[Tensor], *, xi: float
) -> Tensor:
    """ω becomes Ω, in place, and what each tensor comes to: the arguments of `reference.finish_importance`."""
    serving = _serving((omegas, ends, *([] if starts is None else [starts])))
    return serving.finish_importance(omegas, starts, ends, xi=xi)


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
    _log.info("kernels on %s: %s; %s", device, *describe(device).values())
