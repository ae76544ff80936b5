"""The native kernels: a ctypes binding of libballast_native (native/include/ballast/kernels.h).

Whether the library could be loaded is a stored value with a reason, found out on first use:
`is_enabled()`, `reason()`. `BALLAST_NATIVE=0` turns native off; `BALLAST_NATIVE_LIBRARY` names the file.
"""

import ctypes
import functools
import os
import sys
from collections.abc import Mapping, Sequence
from ctypes import POINTER, c_char_p, c_double, c_int32, c_int64, c_void_p
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor

ABI_VERSION = 1  # BALLAST_ABI_VERSION of the header that the declarations below were written from
FILE_NAME = "libballast_native.dylib" if sys.platform == "darwin" else "libballast_native.so"


class KernelError(RuntimeError):
    """A kernel refused a call; nothing was written. Our bug: callers check tensors with `supports`."""

    def __init__(self, function: str, code: int, message: str):
        super().__init__(f"{function} returned code {code}: {message}")
        self.code = code


class AdamWTensors(ctypes.Structure):
    """ballast_adamw_tensors"""

    _fields_ = [("count", c_int64)] + [
        (name, c_void_p)
        for name in ("sizes", "parameters", "gradients", "exp_avgs", "exp_avg_sqs", "omegas")
    ]


class AdamWSettings(ctypes.Structure):
    """ballast_adamw_settings"""

    _fields_ = [("step", c_int64)] + [
        (name, c_double) for name in ("learning_rate", "beta1", "beta2", "eps", "weight_decay")
    ]


class Library:
    """The loaded library: every symbol declared once, every return code through `_check`."""

    def __init__(self, path: str):
        """Raises OSError or AttributeError when the file is no such library."""
        library = ctypes.CDLL(path)

        def declare(name, result, *arguments):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
            return function

        self.path = path
        self.abi_version = declare("ballast_abi_version", c_int32)
        self._message = declare("ballast_message", c_char_p, c_int32)
        self._adamw_path_integral = declare(
            "ballast_adamw_path_integral",
            c_int32,
            c_int32,
            POINTER(AdamWTensors),
            POINTER(AdamWSettings),
            c_void_p,
            c_void_p,
            c_int32,
        )

    def message(self, code: int) -> str:
        return self._message(code).decode()

    def adamw_path_integral(
        self,
        tensors: Sequence[Sequence[Tensor]],
        settings: AdamWSettings,
        clip: Tensor,
        gate: Tensor,
        threads: int,
    ) -> None:
        """`tensors`: parameters, gradients, exp_avgs, exp_avg_sqs, omegas; see the header."""
        count = len(tensors[0])
        sizes = (c_int64 * count)(*map(Tensor.numel, tensors[0]))
        addresses = [(c_void_p * count)(*map(Tensor.data_ptr, role)) for role in tensors]
        arrays = AdamWTensors(count, *map(ctypes.addressof, (sizes, *addresses)))
        self._check(
            self._adamw_path_integral,
            ABI_VERSION,
            arrays,
            settings,
            clip.data_ptr(),
            gate.data_ptr(),
            threads,
        )

    def _check(self, function, *arguments) -> None:
        code = function(*arguments)
        if code != 0:
            raise KernelError(function.__name__, code, self.message(code))


@dataclass(frozen=True)
class Loading:
    """How loading went: the library, or None and why not. The reason is a sentence in either case."""

    library: Library | None
    reason: str


def load(environment: Mapping[str, str]) -> Loading:
    """Looks for the library as `environment` says. Raises nothing: what went wrong is the reason."""
    if environment.get("BALLAST_NATIVE") == "0":
        return Loading(None, "BALLAST_NATIVE=0 turns the native kernels off")
    named = environment.get("BALLAST_NATIVE_LIBRARY")
    candidates = [Path(named)] if named else [_built_library(), Path(__file__).with_name(FILE_NAME)]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        looked = " or ".join(map(str, candidates))
        advice = "correct BALLAST_NATIVE_LIBRARY" if named else "run ./ballast setup"
        return Loading(None, f"no native library at {looked}: {advice}")
    try:
        library = Library(str(found))
        version = library.abi_version()
    except (OSError, AttributeError) as error:
        return Loading(None, f"{found} cannot be loaded: {error}")
    if version != ABI_VERSION:
        return Loading(
            None,
            f"{found} has interface version {version}, expected {ABI_VERSION}: "
            "build it again with ./ballast setup",
        )
    return Loading(library, f"loaded {found}")


def _built_library() -> Path:
    return Path(__file__).parents[3] / "native" / "build" / FILE_NAME


@functools.cache
def loading() -> Loading:
    """This process's loading, done once."""
    return load(os.environ)


def is_enabled() -> bool:
    return loading().library is not None


def reason() -> str:
    return loading().reason


def supports(*roles: Sequence[Tensor]) -> bool:
    """Whether the kernels can take these tensors: each argument is a list of them (parameters,
    gradients, …), and tensor i has the same number of elements in every list.

    Subclasses (DTensor, fake tensors) keep their data elsewhere, so only plain tensors will do.
    """
    return all(map(_is_plain, chain.from_iterable(roles))) and len({tuple(map(Tensor.numel, r)) for r in roles}) <= 1


def _is_plain(tensor: Tensor) -> bool:
    return (
        tensor.dtype is torch.float32
        and tensor.is_cpu
        and type(tensor) in (Tensor, torch.nn.Parameter)
        and tensor.layout is torch.strided
        and tensor.is_contiguous()
    )


def adamw_path_integral(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    exp_avgs: Sequence[Tensor],
    exp_avg_sqs: Sequence[Tensor],
    omegas: Sequence[Tensor],
    *,
    step: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    clip: Tensor,
    gate: Tensor,
) -> None:
    """One AdamW step and its path integral, in place, in one pass over memory, on torch's number of
    threads. The contract is `kernels.adamw_path_integral`; tensors must pass `supports`.

    clip: fp32, 0-dim, on the CPU. gate: int32, 0-dim, on the CPU; non-zero changes nothing.
    """
    library = loading().library
    if library is None:
        raise RuntimeError(f"the native kernels are not enabled: {reason()}")
    tensors = (parameters, gradients, exp_avgs, exp_avg_sqs, omegas)
    if not supports(*tensors):
        raise ValueError(
            "the native kernel takes lists of contiguous fp32 CPU tensors, tensor i of the same size "
            "in each; ask native.supports(...) first, or use the reference"
        )
    _check_scalar("clip", clip, torch.float32)
    _check_scalar("gate", gate, torch.int32)
    settings = AdamWSettings(step, learning_rate, beta1, beta2, eps, weight_decay)
    library.adamw_path_integral(tensors, settings, clip, gate, torch.get_num_threads())
    # Autograd must notice, as it does when torch changes tensors: backward through a graph that
    # saved the old values is then refused instead of being wrong.
    torch.autograd.graph.increment_version([*parameters, *exp_avgs, *exp_avg_sqs, *omegas])


def _check_scalar(name: str, tensor: Tensor, dtype: torch.dtype) -> None:
    if tensor.dtype is not dtype or not tensor.is_cpu or tensor.numel() != 1:
        raise ValueError(
            f"{name} must be one {dtype} on the CPU, "
            f"found shape {tuple(tensor.shape)}, {tensor.dtype}, {tensor.device}"
        )
