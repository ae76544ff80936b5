"""The kernels for CUDA: compiled at first use, launched on PyTorch's current stream, many tensors a launch.

Whether they could be is stored for each device with a reason: `is_enabled(device)`, `reason(device)`. `BALLAST_NATIVE=0`
turns them off. The host waits for nothing: gate, clip factor, value and norm stay on the device.

The contract of each function is that of `reference`; tensors must pass `supports` and `plain.supports_anchor`.
"""

import ctypes
import functools
import math
import os
import struct
from collections.abc import Sequence
from ctypes import c_double, c_float, c_int, c_longlong, c_void_p
from dataclasses import dataclass

import torch
from torch import Tensor

from ballast.kernels import cuda_source, plain
from ballast.kernels.library import ONE, TURNED_OFF, TYPES, Held, is_one
from ballast.kernels.row_codes import RowCodes

THREADS = 256  # BALLAST_THREADS of kernels.cu
CHUNK = 16384  # BALLAST_CHUNK


class Settings(ctypes.Structure):
    """ballast::AdamW of elements.h; the clip factor is filled in on the device."""

    _fields_ = [
        (name, c_float)
        for name in ("clip", "decay", "first", "beta2", "second", "correction2", "eps", "negative_rate")
    ]

    @classmethod
    def of(cls, step: int, learning_rate: float, beta1: float, beta2: float, eps: float, weight_decay: float):
        """In double, each rounded once, as the CPU's kernels do."""
        return cls(
            0.0,
            1 - learning_rate * weight_decay,
            1 - beta1,
            beta2,
            1 - beta2,
            1 / math.sqrt(1 - beta2**step),
            eps,
            -learning_rate / (1 - beta1**step),
        )


class Module:
    """The compiled kernels on one device."""

    def __init__(self, device: torch.device) -> None:
        """Raises whatever goes wrong: no NVRTC, a source that does not compile, a driver that refuses it."""
        from cuda.bindings import driver

        self._driver = driver
        self._device = device
        major, minor = torch.cuda.get_device_capability(device)
        compiled = cuda_source.cubin(f"sm_{major}{minor}")
        with torch.cuda.device(device):
            torch.cuda.synchronize()  # Makes PyTorch's context the thread's.
            self._module = _checked(driver.cuModuleLoadData(compiled))
        self._functions: dict[str, object] = {}

    def launch(self, name: str, blocks: int, *arguments: ctypes._SimpleCData | ctypes.Structure) -> None:
        """Queues a kernel on PyTorch's current stream."""
        if blocks == 0:
            return
        if name not in self._functions:
            self._functions[name] = _checked(self._driver.cuModuleGetFunction(self._module, name.encode()))
        addresses = (c_void_p * len(arguments))(*map(ctypes.addressof, arguments))
        with torch.cuda.device(self._device):
            stream = torch.cuda.current_stream().cuda_stream
            _checked(
                self._driver.cuLaunchKernel(
                    self._functions[name], blocks, 1, 1, THREADS, 1, 1, 0, stream, ctypes.addressof(addresses), 0
                )
            )


@dataclass(frozen=True)
class Loading:
    """How loading went on a device: the kernels, or None and why not. The reason is a sentence in either case."""

    module: Module | None
    reason: str


@functools.cache
def loading(device: torch.device) -> Loading:
    """Done once for each device of the process."""
    if os.environ.get("BALLAST_NATIVE") == "0":
        return Loading(None, TURNED_OFF)
    try:
        return Loading(Module(device), f"compiled for {torch.cuda.get_device_name(device)}")
    except Exception as error:  # Of NVRTC, the driver, the disk: none of them is a reason not to train.
        return Loading(None, f"the CUDA kernels cannot be used: {error}")


def is_enabled(device: torch.device) -> bool:
    return loading(device).module is not None


def reason(device: torch.device) -> str:
    return loading(device).reason


def supports(*roles: Sequence[Tensor]) -> bool:
    """As `plain.supports`, on one CUDA device."""
    return plain.supports("cuda", *roles)


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
    table = Table(parameters, gradients, exp_avgs, exp_avg_sqs, omegas)
    table.launch("adamw_path_integral", Settings.of(**settings), _pointer(clip), _pointer(gate))
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
    learning_rate: float,
    clip: Tensor,
    gate: Tensor,
    value: Tensor,
    omegas: Sequence[Tensor] | None = None,
    **settings: float,
) -> None:
    """One AdamW step with the penalty, in place: `reference.adamw_penalty`."""
    table = Table(parameters, gradients, exp_avgs, exp_avg_sqs, omegas, anchor=(strengths, importances, references))
    sums = table.sums(1)
    table.launch(
        "adamw_penalty",
        c_int(form == "proximal"),
        c_double(learning_rate),
        Settings.of(learning_rate=learning_rate, **settings),
        _pointer(clip),
        _pointer(gate),
        _pointer(sums),
    )
    table.launch_total("total", sums, gate, value)
    _changed(parameters, exp_avgs, exp_avg_sqs, [value], omegas or [])


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
    table = Table(parameters, gradients, anchor=(strengths, importances, references))
    sums, norm = table.sums(1), torch.zeros((), device=gate.device)
    table.launch("add_penalty_gradient", _pointer(gate), _pointer(sums))
    table.launch_total("root_of_total", sums, gate, norm)
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
    table = Table(parameters, anchor=(strengths, importances, references))
    table.launch("proximal_step", c_double(learning_rate), _pointer(gate))
    _changed(parameters)


def finish_importance(
    omegas: Sequence[Tensor], starts: Sequence[Tensor] | None, ends: Sequence[Tensor], *, xi: float
) -> Tensor:
    """ω becomes Ω, in place, and what each tensor comes to: `reference.finish_importance`."""
    table = Table(ends, omegas=omegas, starts=starts)
    sums, totals = table.sums(4), torch.zeros(len(omegas), 4, dtype=torch.float64, device=table.device)
    table.launch("finish_importance", c_float(xi), _pointer(sums))
    table.launch_over(4 * len(omegas), "totals_of_tensors", c_longlong(table.chunks), _pointer(sums), _pointer(totals))
    _changed(omegas)
    return totals


class Table:
    """The tensors of a call in device memory, as rows of `ballast::Row` of kernels.cu.

    Attributes:
        device: of all of them
        chunks: that they fall into, each a block's work
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        gradients: Sequence[Tensor] | None = None,
        exp_avgs: Sequence[Tensor] | None = None,
        exp_avg_sqs: Sequence[Tensor] | None = None,
        omegas: Sequence[Tensor] | None = None,
        anchor: tuple[Sequence[float], Sequence[Held], Sequence[Tensor]] | None = None,
        starts: Sequence[Tensor] | None = None,
    ) -> None:
        self.device = parameters[0].device if parameters else torch.device("cuda", torch.cuda.current_device())
        self._module = loading(self.device).module
        if self._module is None:
            raise RuntimeError(f"the CUDA kernels are not enabled: {reason(self.device)}")
        count = len(parameters)
        states = [
            [0] * count if role is None else list(map(Tensor.data_ptr, role))
            for role in (parameters, gradients, exp_avgs, exp_avg_sqs, omegas)
        ]
        rows, self.chunks = [], 0
        for index, (parameter, *pointers) in enumerate(zip(parameters, *states, strict=True)):
            held = (0, 0, 0, 0, starts[index].data_ptr() if starts else 0, 0, 0)
            if anchor is not None:
                held = _anchor_columns(*(of[index] for of in anchor))
            rows.append((self.chunks, parameter.numel(), *pointers, *held))
            self.chunks += -(-parameter.numel() // CHUNK)
        # Through pinned memory, which PyTorch keeps until the copy is done, so that nothing waits.
        self._rows = torch.tensor(rows, dtype=torch.int64).pin_memory().to(self.device, non_blocking=True)

    def launch(self, name: str, *arguments: ctypes._SimpleCData | ctypes.Structure) -> None:
        """Queues a kernel with a block for each chunk."""
        self.launch_over(self.chunks, name, *arguments)

    def launch_over(self, blocks: int, name: str, *arguments: ctypes._SimpleCData | ctypes.Structure) -> None:
        """Queues a kernel with that many blocks, whose first arguments are the table and its rows."""
        self._module.launch(name, blocks, _pointer(self._rows), c_int(len(self._rows)), *arguments)

    def launch_total(self, name: str, sums: Tensor, gate: Tensor, result: Tensor) -> None:
        """Queues the one block that makes one number of what the blocks left."""
        self._module.launch(name, 1, _pointer(sums), c_longlong(self.chunks), _pointer(gate), _pointer(result))

    def sums(self, of_each: int) -> Tensor:
        """[chunks, of_each] fp64, for the blocks to fill."""
        return torch.empty(self.chunks, of_each, dtype=torch.float64, device=self.device)


def _anchor_columns(strength: float, importance: Held, reference: Tensor) -> tuple[int, ...]:
    """The last columns of a row: importance, its type, row scales, row length, reference, its type, strength."""
    (strength_bits,) = struct.unpack("q", struct.pack("d", strength))
    there = (reference.data_ptr(), TYPES[reference.dtype], strength_bits)
    if isinstance(importance, RowCodes):
        codes, scales = importance.codes, importance.scales
        return codes.data_ptr(), TYPES[codes.dtype], scales.data_ptr(), importance.row_length, *there
    kind = ONE if is_one(importance) else TYPES[importance.dtype]
    return importance.data_ptr(), kind, 0, 1, *there


def _pointer(tensor: Tensor) -> c_void_p:
    return c_void_p(tensor.data_ptr())


def _changed(*roles: Sequence[Tensor]) -> None:
    """Autograd must notice, as it does when torch changes tensors."""
    torch.autograd.graph.increment_version([tensor for role in roles for tensor in role])


def _checked(returned):
    code, *values = returned
    if int(code) != 0:
        raise RuntimeError(f"{type(code).__name__}: {code.name}")
    return values[0] if values else None
