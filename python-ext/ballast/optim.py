"""The optimizer step: schedule, clipping, the gate for non-finite values, AdamW."""

import math
from collections.abc import Iterable, Mapping
from typing import Protocol

import torch
from torch import Tensor

from ballast import kernels
from ballast.errors import InvalidInputError
from ballast.path_integral import PathIntegral

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
        self.step = torch.zeros((), dtype=torch.int32, device=device)
        self.micro_batch = torch.zeros((), dtype=torch.int32, device=device)

    def watch(self, value: Tensor, step: int, micro_batch: int) -> None:
        """Shuts if `value` (0-dim) is NaN or infinite."""
        shuts = (self.step == 0) & ~torch.isfinite(value)
        self.step.masked_fill_(shuts, step)
        self.micro_batch.masked_fill_(shuts, micro_batch)


class Optimizer(Protocol):
    """AdamW over parameters that all have a gradient."""

    def step(self, learning_rate: float, clip: Tensor, gate: Tensor) -> None:
        """Moves θ by clip · g unless the gate is shut.

        Args:
            learning_rate: η_t
            clip: 0-dim fp32 on the parameters' device
            gate: 0-dim int32 on the parameters' device; where it is not 0, parameters and moments stay as they are
        """
        ...


class FusedAdamW:
    """torch's own AdamW (arXiv 1711.05101) in one pass.

    Clip factor and gate go through the two tensors by which `torch.amp.GradScaler` talks to fused optimizers: gradients
    are divided by `grad_scale`, and a `found_inf` of 1 makes the step a no-op on the device.
    """

    def __init__(self, parameters: Mapping[str, Tensor], weight_decay: float) -> None:
        self._adamw = torch.optim.AdamW(
            list(parameters.values()), lr=0.0, betas=BETAS, eps=EPSILON, weight_decay=weight_decay, fused=True
        )

    def step(self, learning_rate: float, clip: Tensor, gate: Tensor) -> None:
        self._adamw.param_groups[0]["lr"] = learning_rate
        self._adamw.grad_scale = clip.reciprocal()
        self._adamw.found_inf = (gate != 0).to(torch.float32)
        self._adamw.step()


class PathIntegralAdamW:
    """AdamW that takes the path integral in the same pass: see `kernels.adamw_path_integral`."""

    def __init__(self, path_integral: PathIntegral, weight_decay: float) -> None:
        self._path_integral = path_integral
        self._weight_decay = weight_decay
        self._step = 0
        parameters = path_integral.parameters.values()
        self._exp_avgs = [torch.zeros_like(parameter, requires_grad=False) for parameter in parameters]
        self._exp_avg_sqs = [torch.zeros_like(parameter, requires_grad=False) for parameter in parameters]

    def step(self, learning_rate: float, clip: Tensor, gate: Tensor) -> None:
        self._step += 1
        parameters = list(self._path_integral.parameters.values())
        kernels.adamw_path_integral(
            parameters,
            [parameter.grad for parameter in parameters],
            self._exp_avgs,
            self._exp_avg_sqs,
            list(self._path_integral.omega.values()),
            step=self._step,
            learning_rate=learning_rate,
            beta1=BETAS[0],
            beta2=BETAS[1],
            eps=EPSILON,
            weight_decay=self._weight_decay,
            clip=clip,
            gate=gate,
        )
