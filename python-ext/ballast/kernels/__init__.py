"""Elementwise passes over the parameters that torch does not already do in one.

Each has a plain PyTorch `reference`; `native` does the fused step on the CPU in one pass over the memory. What serves
is chosen per call: fp32, contiguous tensors on the CPU go native where the library loads, everything else goes to the
reference. `BALLAST_NATIVE=0` in the environment turns native off.

A `gate` is a 0-dim int32 tensor on the parameters' device; where it is not 0, nothing changes. The host never reads it,
so watching for values that are not finite costs no synchronisation.
"""

import functools
import logging
from collections.abc import Sequence

from torch import Tensor

from ballast.kernels import native, reference
from ballast.kernels.reference import accumulate_path_integral, add_penalty_gradient, proximal_step

__all__ = ["accumulate_path_integral", "adamw_path_integral", "add_penalty_gradient", "describe", "proximal_step"]

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
    _say_once()
    tensors = (parameters, gradients, exp_avgs, exp_avg_sqs, omegas)
    implementation = native if native.is_enabled() and native.supports(*tensors) else reference
    implementation.adamw_path_integral(*tensors, **settings)


def describe() -> dict[str, str]:
    """What serves fp32 on the CPU, and why: {"implementation": "native" or "reference", "reason": a sentence}."""
    return {"implementation": "native" if native.is_enabled() else "reference", "reason": native.reason()}


@functools.cache
def _say_once() -> None:
    _log.info("kernels: %(implementation)s; %(reason)s", describe())
