"""The kernels in C++ on the CPU, each in one pass over memory, on torch's number of threads.

Whether the library could be loaded is a stored value with a reason, found out on first use:
`is_enabled()`, `reason()`. `BALLAST_NATIVE=0` turns native off; `BALLAST_NATIVE_LIBRARY` names the file.

The contract of each function is that of `reference`; tensors must pass `supports`.
"""

import ctypes
import functools
import os
from collections.abc import Sequence
from ctypes import c_int64, c_void_p

import torch
from torch import Tensor

from ballast.kernels import plain
from ballast.kernels.library import FORMS, AdamWSettings, AdamWTensors, Held, Library, Loading, Penalty, load
from ballast.kernels.plain import supports_anchor


@functools.cache
def loading() -> Loading:
    """This process's loading, done once."""
    return load(os.environ)


def is_enabled() -> bool:
    return loading().library is not None


def reason() -> str:
    return loading().reason


def supports(*roles: Sequence[Tensor]) -> bool:
    """As `plain.supports`, on the CPU."""
    return plain.supports("cpu", *roles)


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
    """One AdamW step and its path integral, in place: `reference.adamw_path_integral`."""
    roles = (parameters, gradients, exp_avgs, exp_avg_sqs)
    library = _library(supports(*roles, omegas))
    _check_scalar("clip", clip, torch.float32)
    _check_scalar("gate", gate, torch.int32)
    tensors = _AdamW(roles)
    library.adamw_path_integral(
        tensors.struct,
        _addresses(omegas),
        AdamWSettings(**settings),
        clip.data_ptr(),
        gate.data_ptr(),
        torch.get_num_threads(),
    )
    _changed(parameters, exp_avgs, exp_avg_sqs, omegas)


def adamw_penalty(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    exp_avgs: Sequence[Tensor],
    exp_avg_sqs: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Held],
    *,
    strengths: Sequence[float],
    form: str,
    clip: Tensor,
    gate: Tensor,
    value: Tensor,
    omegas: Sequence[Tensor] | None = None,
    **settings: float,
) -> None:
    """One AdamW step with the penalty, in place: `reference.adamw_penalty`."""
    roles = (parameters, gradients, exp_avgs, exp_avg_sqs)
    measured = [] if omegas is None else [omegas]
    library = _library(supports(*roles, *measured) and supports_anchor(parameters, references, importances))
    _check_scalar("clip", clip, torch.float32)
    _check_scalar("gate", gate, torch.int32)
    _check_scalar("value", value, torch.float64)
    tensors = _AdamW(roles)
    library.adamw_penalty(
        tensors.struct,
        Penalty.of(strengths, importances, references),
        FORMS[form],
        None if omegas is None else _addresses(omegas),
        AdamWSettings(**settings),
        clip.data_ptr(),
        gate.data_ptr(),
        value.data_ptr(),
        torch.get_num_threads(),
    )
    _changed(parameters, exp_avgs, exp_avg_sqs, [value], *measured)


def add_penalty_gradient(
    gradients: Sequence[Tensor],
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Held],
    *,
    strengths: Sequence[float],
    gate: Tensor,
) -> Tensor:
    """Adds the penalty's gradient, in place, and gives the norm of both: `reference.add_penalty_gradient`."""
    library = _library(supports(gradients, parameters) and supports_anchor(parameters, references, importances))
    _check_scalar("gate", gate, torch.int32)
    norm = torch.zeros(())
    library.add_penalty_gradient(
        len(parameters),
        _sizes(parameters),
        _addresses(gradients),
        _addresses(parameters),
        Penalty.of(strengths, importances, references),
        gate.data_ptr(),
        norm.data_ptr(),
        torch.get_num_threads(),
    )
    _changed(gradients)
    return norm


def proximal_step(
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Held],
    *,
    strengths: Sequence[float],
    learning_rate: float,
    gate: Tensor,
) -> None:
    """The penalty's proximal step, in place: `reference.proximal_step`."""
    library = _library(supports(parameters) and supports_anchor(parameters, references, importances))
    _check_scalar("gate", gate, torch.int32)
    library.proximal_step(
        len(parameters),
        _sizes(parameters),
        _addresses(parameters),
        Penalty.of(strengths, importances, references),
        learning_rate,
        gate.data_ptr(),
        torch.get_num_threads(),
    )
    _changed(parameters)


def finish_importance(
    omegas: Sequence[Tensor], starts: Sequence[Tensor] | None, ends: Sequence[Tensor], *, xi: float
) -> Tensor:
    """ω becomes Ω, in place, and what each tensor comes to: `reference.finish_importance`."""
    library = _library(supports(omegas, ends, *([] if starts is None else [starts])))
    sums = torch.zeros(len(omegas), 4, dtype=torch.float64)
    library.finish_importance(
        len(omegas),
        _sizes(omegas),
        _addresses(omegas),
        None if starts is None else _addresses(starts),
        _addresses(ends),
        xi,
        sums.data_ptr(),
        torch.get_num_threads(),
    )
    _changed(omegas)
    return sums


def count_squares(values: Tensor, top: int | None) -> Tensor:
    """How the squares are spread: `reference.count_squares`."""
    library = _library(supports([values]))
    counts = torch.zeros(1 << 16, dtype=torch.int64)
    library.count_squares(
        values.numel(), values.data_ptr(), -1 if top is None else top, counts.data_ptr(), torch.get_num_threads()
    )
    return counts


class _AdamW:
    """`AdamWTensors` with the arrays that it points at."""

    def __init__(self, roles: Sequence[Sequence[Tensor]]) -> None:
        self._arrays = [_sizes(roles[0]), *map(_addresses, roles)]
        self.struct = AdamWTensors(len(roles[0]), *map(ctypes.addressof, self._arrays))


def _sizes(tensors: Sequence[Tensor]) -> ctypes.Array:
    return (c_int64 * len(tensors))(*map(Tensor.numel, tensors))


def _addresses(tensors: Sequence[Tensor]) -> ctypes.Array:
    return (c_void_p * len(tensors))(*map(Tensor.data_ptr, tensors))


def _library(supported: bool) -> Library:
    library = loading().library
    if library is None:
        raise RuntimeError(f"the native kernels are not enabled: {reason()}")
    if not supported:
        raise ValueError(
            "the native kernel takes lists of contiguous fp32 CPU tensors, tensor i of the same size "
            "in each; ask native.supports(...) first, or use the reference"
        )
    return library


def _changed(*roles: Sequence[Tensor]) -> None:
    """Autograd must notice, as it does when torch changes tensors: backward through a graph that saved the old values
    is then refused instead of being wrong."""
    torch.autograd.graph.increment_version([tensor for role in roles for tensor in role])


def _check_scalar(name: str, tensor: Tensor, dtype: torch.dtype) -> None:
    if tensor.dtype is not dtype or not tensor.is_cpu or tensor.numel() != 1:
        raise ValueError(
            f"{name} must be one {dtype} on the CPU, "
            f"found shape {tuple(tensor.shape)}, {tensor.dtype}, {tensor.device}"
        )
