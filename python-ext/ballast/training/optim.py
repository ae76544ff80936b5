"""The optimizer step: schedule, clipping, the gate for non-finite values, AdamW."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor

from ballast import kernels, ranks
from ballast.errors import InvalidInputError
from ballast.kernels import shards
from ballast.measurement.path_integral import PathIntegral
from ballast.retention import Retention
from ballast.retention.penalty import GRADIENT, QuadraticPenalty

BETAS = (0.9, 0.999)
EPSILON = 1e-8


def learning_rate(schedule: str, peak: float, warmup_steps: int, steps: int, step: int) -> float:
    """η_t: linear warm-up from 0, then constant, linear to 0, or half a cosine to 0.

    As in transformers, but 0 after the last step, where its cosine rises again.

    Args:
        schedule: "constant", "linear" or "cosine"
        peak: η after warm-up
        warmup_steps: steps of the warm-up
        steps: all steps of the phase, warm-up included
        step: which one, from 0

    Raises:
        InvalidInputError: an unknown schedule.
    """
    if step < warmup_steps:
        return peak * step / warmup_steps
    if schedule == "constant":
        return peak
    progress = (step - warmup_steps) / (steps - warmup_steps) if step < steps else 1.0
    if schedule == "linear":
        return peak * (1 - progress)
    if schedule == "cosine":
        return peak * (1 + math.cos(math.pi * progress)) / 2
    raise InvalidInputError(f'expected schedule "linear", "cosine" or "constant", found "{schedule}"')


def clip_factor(norm: Tensor, clip_norm: float) -> Tensor:
    """What the gradient is multiplied by, min(1, clip_norm / ‖g‖), as `torch.nn.utils.clip_grad_norm_` has it.

    Args:
        norm: ‖g‖₂, 0-dim
        clip_norm: largest norm; 0 clips nothing

    Returns:
        0-dim fp32 on the device of `norm`: nothing is read back.
    """
    if clip_norm == 0:
        return torch.ones_like(norm)
    return (clip_norm / (norm + 1e-6)).clamp(max=1.0)


def all_gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    """`.grad` of every parameter: one that the loss did not reach gets zeros, and AdamW counts its steps too."""
    gradients = []
    for parameter in parameters:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        gradients.append(parameter.grad)
    return gradients


class Gate:
    """Shuts for good at the first value that is not finite, without the host looking.

    Attributes:
        step: 0-dim int32 on the device: the 1-based optimizer step that shut it, 0 while it is open
        micro_batch: 0-dim int32: the 1-based micro-batch of that step after which the value was seen
    """

    def __init__(self, device: torch.device) -> None:
        self._both = torch.zeros(2, dtype=torch.int32, device=device)
        self.step, self.micro_batch = self._both

    def watch(self, value: Tensor, step: int, micro_batch: int) -> None:
        """Shuts if `value` (0-dim) is NaN or infinite."""
        shuts = (self.step == 0) & ~torch.isfinite(value)
        self.step.masked_fill_(shuts, step)
        self.micro_batch.masked_fill_(shuts, micro_batch)

    def agree(self) -> None:
        """Shuts on all ranks where it is shut on any, so that none moves its part alone."""
        ranks.most(self._both)

    def tensors(self) -> dict[str, Tensor]:
        """What it remembers, by name."""
        return {"gate": self._both}


class Optimizer(Protocol):
    """AdamW over parameters that all have a gradient, and what holds them back around its step.

    Attributes:
        takes_path_integral: whether `step` adds to ω too
    """

    takes_path_integral: bool

    def gradient_norm(self) -> Tensor:
        """‖g‖₂ of what `step` will clip, 0-dim fp32. Once a step, before it."""
        ...

    def step(self, learning_rate: float, clip: Tensor, gate: Tensor) -> None:
        """Moves θ by clip · g unless the gate is shut.

        Args:
            learning_rate: η_t
            clip: 0-dim fp32 on the parameters' device
            gate: 0-dim int32 on the parameters' device; where it is not 0, parameters and moments stay as they are
        """
        ...

    def penalty(self) -> Tensor:
        """The penalty as it stands: 0-dim, fp64."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """What it keeps from step to step, by name: the live tensors."""
        ...

    def numbers(self) -> dict[str, float]:
        """What it counts from step to step, by name."""
        ...

    def set_numbers(self, numbers: Mapping[str, float]) -> None:
        """Takes of `numbers` what `numbers()` gave."""
        ...


class FusedAdamW:
    """torch's own AdamW (arXiv 1711.05101) in one pass, between whatever a method does before and after it.

    Clip factor and gate go through the two tensors by which `torch.amp.GradScaler` talks to fused optimizers: gradients
    are divided by `grad_scale`, and a `found_inf` of 1 makes the step a no-op on the device.
    """

    takes_path_integral = False

    def __init__(self, parameters: Mapping[str, Tensor], weight_decay: float, retention: Retention) -> None:
        self._parameters = list(parameters.values())
        self._retention = retention
        # This rank's parts, which share the parameters' memory.
        self._parts = [shards.local(parameter) for parameter in self._parameters]
        self._adamw = torch.optim.AdamW(
            self._parts, lr=0.0, betas=BETAS, eps=EPSILON, weight_decay=weight_decay, fused=True
        )

    def gradient_norm(self) -> Tensor:
        norm = self._retention.add_gradient()
        return _norm(self._parameters) if norm is None else norm

    def step(self, learning_rate: float, clip: Tensor, gate: Tensor) -> None:
        self._adamw.param_groups[0]["lr"] = learning_rate
        self._adamw.grad_scale = clip.reciprocal()
        self._adamw.found_inf = (gate != 0).to(torch.float32)
        for part, parameter in zip(self._parts, self._parameters, strict=True):
            part.grad = shards.local(parameter.grad)
        self._adamw.step()
        for part, parameter in zip(self._parts, self._parameters, strict=True):
            if part is not parameter:
                part.grad = None
        self._retention.proximal_step(learning_rate, gate)

    def penalty(self) -> Tensor:
        return self._retention.value()

    def tensors(self) -> dict[str, Tensor]:
        for part in self._parts:
            if not self._adamw.state[part]:  # torch makes the same at its first step.
                self._adamw.state[part] = {
                    "step": torch.zeros((), dtype=torch.float32, device=part.device),
                    "exp_avg": torch.zeros_like(part, memory_format=torch.preserve_format, requires_grad=False),
                    "exp_avg_sq": torch.zeros_like(part, memory_format=torch.preserve_format, requires_grad=False),
                }
        return {
            f"{name}.{index}": tensor if name == "step" else shards.joined(tensor, parameter)
            for index, (part, parameter) in enumerate(zip(self._parts, self._parameters, strict=True))
            for name, tensor in self._adamw.state[part].items()
        }

    def numbers(self) -> dict[str, float]:
        return {}

    def set_numbers(self, numbers: Mapping[str, float]) -> None:
        """There are none: torch counts on the device."""


class PathIntegralAdamW:
    """AdamW that takes the path integral in the same pass: see `kernels.adamw_path_integral`."""

    takes_path_integral = True

    def __init__(self, path_integral: PathIntegral, weight_decay: float) -> None:
        self._omegas = list(path_integral.omega.values())
        self._adamw = _AdamWState(list(path_integral.parameters.values()), weight_decay)

    def gradient_norm(self) -> Tensor:
        return _norm(self._adamw.parameters)

    def step(self, learning_rate: float, clip: Tensor, gate: Tensor) -> None:
        adamw = self._adamw
        gradients = [parameter.grad for parameter in adamw.parameters]
        kernels.adamw_path_integral(
            adamw.parameters, gradients, *adamw.moments, self._omegas,
            **adamw.next_step(learning_rate), clip=clip, gate=gate,
        )  # fmt: skip

    def penalty(self) -> Tensor:
        return torch.zeros((), dtype=torch.float64)

    def tensors(self) -> dict[str, Tensor]:
        return self._adamw.tensors()

    def numbers(self) -> dict[str, float]:
        return self._adamw.numbers()

    def set_numbers(self, numbers: Mapping[str, float]) -> None:
        self._adamw.set_numbers(numbers)


class PenaltyAdamW:
    """AdamW that takes the penalty in the same pass, and the path integral where it is measured too: see
    `kernels.adamw_penalty`.

    For the proximal form, and for the gradient form where nothing is clipped: the norm is the task's gradient's.
    Clipping needs the norm of both gradients before a parameter moves, which takes a pass over the anchor of its own;
    after that `FusedAdamW`, which need not read it again, moves less.
    """

    def __init__(
        self, penalty: QuadraticPenalty, weight_decay: float, path_integral: PathIntegral | None = None
    ) -> None:
        """
        Args:
            penalty: one that `serves`
            weight_decay: decoupled
            path_integral: what the step is measured for, if anything
        """
        self.takes_path_integral = path_integral is not None
        self._omegas = None if path_integral is None else list(path_integral.omega.values())
        self._penalty = penalty
        self._value = penalty.value()
        self._adamw = _AdamWState(penalty.parameters, weight_decay)

    @staticmethod
    def serves(form: str | None, clip_norm: float) -> bool:
        """Whether a penalty of that form can be taken in the step's own pass."""
        return form != GRADIENT or clip_norm == 0

    def gradient_norm(self) -> Tensor:
        return _norm(self._adamw.parameters)

    def step(self, learning_rate: float, clip: Tensor, gate: Tensor) -> None:
        settings = self._adamw.next_step(learning_rate)
        self._penalty.adamw_step(
            *self._adamw.moments, value=self._value, **settings, clip=clip, gate=gate, omegas=self._omegas
        )

    def penalty(self) -> Tensor:
        return self._value

    def tensors(self) -> dict[str, Tensor]:
        return self._adamw.tensors() | {"penalty": self._value}

    def numbers(self) -> dict[str, float]:
        return self._adamw.numbers()

    def set_numbers(self, numbers: Mapping[str, float]) -> None:
        self._adamw.set_numbers(numbers)


class _AdamWState:
    """What AdamW keeps from step to step.

    Attributes:
        parameters: θ
        moments: (first, second), each fp32 in the order of the parameters
    """

    def __init__(self, parameters: Sequence[Tensor], weight_decay: float) -> None:
        self.parameters = parameters
        self.moments = tuple(
            [torch.zeros_like(parameter, requires_grad=False) for parameter in parameters] for _ in range(2)
        )
        self._weight_decay = weight_decay
        self._step = 0

    def tensors(self) -> dict[str, Tensor]:
        names = ("exp_avg", "exp_avg_sq")
        return {
            f"{name}.{index}": moment
            for name, moments in zip(names, self.moments, strict=True)
            for index, moment in enumerate(moments)
        }

    def numbers(self) -> dict[str, float]:
        return {"optimizer.step": self._step}

    def set_numbers(self, numbers: Mapping[str, float]) -> None:
        self._step = numbers["optimizer.step"]

    def next_step(self, learning_rate: float) -> dict[str, float]:
        """The settings of the step that begins now, by the names that the kernels have for them."""
        self._step += 1
        return {
            "step": self._step,
            "learning_rate": learning_rate,
            "beta1": BETAS[0],
            "beta2": BETAS[1],
            "eps": EPSILON,
            "weight_decay": self._weight_decay,
        }


def _norm(parameters: Sequence[Tensor]) -> Tensor:
    return shards.whole(torch.nn.utils.get_total_norm([parameter.grad for parameter in parameters]))
