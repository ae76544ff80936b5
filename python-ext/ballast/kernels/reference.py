"""The kernels in plain PyTorch: what the native ones are held against, and their fallback on every device.

They read nothing back to the host: a shut gate turns every factor into the one that changes nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat, starmap

import torch
from torch import Tensor


@torch.no_grad()
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
    """One step of AdamW (arXiv 1711.05101, as `torch.optim.AdamW`) on clip · g, and ω ← ω − g ⊙ (θ_new − θ_old).

    Args:
        parameters: θ, fp32, updated; the other lists have the same length and shapes
        gradients: g of the task, fp32, before clipping; left as it is
        exp_avgs: first moments, fp32, updated
        exp_avg_sqs: second moments, fp32, updated
        omegas: ω, fp32, updated
        step: number of this step, from 1
        clip: 0-dim fp32, multiplies g for the optimizer only
        gate: 0-dim int32; where it is not 0, nothing changes
    """
    is_open = gate == 0
    decay = torch.where(is_open, 1 - learning_rate * weight_decay, 1.0)
    first_weight = torch.where(is_open, 1 - beta1, 0.0)
    second_decay = torch.where(is_open, beta2, 1.0)
    rate = torch.where(is_open, learning_rate / (1 - beta1**step), 0.0)
    second_correction = (1 - beta2**step) ** 0.5
    tensors = zip(parameters, gradients, exp_avgs, exp_avg_sqs, omegas, strict=True)
    for parameter, gradient, exp_avg, exp_avg_sq, omega in chain.from_iterable(starmap(_pieces, tensors)):
        task = torch.where(is_open, gradient, 0.0)  # Not a product: 0 · NaN is NaN.
        clipped = task * torch.where(is_open, clip, 0.0)
        exp_avg.lerp_(clipped, first_weight)
        exp_avg_sq.mul_(second_decay).addcmul_(clipped, clipped, value=1 - beta2)
        before = parameter.clone()
        denominator = (exp_avg_sq.sqrt() / second_correction).add_(eps)
        parameter.mul_(decay).sub_((exp_avg * rate).div_(denominator))
        omega.addcmul_(task, parameter - before, value=-1)


@torch.no_grad()
def accumulate_path_integral(
    omegas: Sequence[Tensor],
    gradients: Sequence[Tensor],
    before: Sequence[Tensor],
    after: Sequence[Tensor],
    *,
    gate: Tensor,
) -> None:
    """ω ← ω − g ⊙ (θ_after − θ_before), in place, for a step that some other optimizer made.

    Args:
        omegas: ω, fp32, updated; the other lists have the same length and shapes
        gradients: g of the task before clipping and without any penalty
        before: θ_t
        after: θ_{t+1}
        gate: 0-dim int32; where it is not 0, nothing changes
    """
    is_open = gate == 0
    tensors = zip(omegas, gradients, before, after, strict=True)
    for omega, gradient, old, new in chain.from_iterable(starmap(_pieces, tensors)):
        omega.addcmul_(torch.where(is_open, gradient, 0.0), new - old, value=-1)


@torch.no_grad()
def add_penalty_gradient(
    gradients: Sequence[Tensor],
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Tensor],
    *,
    scales: Sequence[float],
) -> None:
    """g ← g + scale · Ω ⊙ (θ − θ*), in place: the gradient of Σ scale/2 · Ω (θ − θ*)².

    Args:
        gradients: g, fp32, updated; the other lists have the same length
        parameters: θ
        references: θ*
        importances: Ω, of the parameter's shape or 0-dim
        scales: 2 λ α by tensor
    """
    for *tensors, scale in zip(gradients, parameters, references, importances, scales, strict=True):
        for gradient, parameter, reference, importance in _pieces(*tensors):
            gradient.addcmul_(parameter - reference, importance, value=scale)


LARGEST_STIFFNESS = 1e30
"""Above this k / (1 + k) is 1 in fp32, and k must stay below infinity: ∞ / ∞ is NaN."""


@torch.no_grad()
def proximal_step(
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Tensor],
    *,
    scales: Sequence[float],
    gate: Tensor,
) -> None:
    """θ ← θ* + (θ − θ*) / (1 + k) with k = scale · Ω, in place: the proximal operator of Σ scale/2 · Ω (θ − θ*)².

    Written as the interpolation θ + k/(1+k) · (θ* − θ), which is exact at both ends: k = 0 leaves θ bit for bit, and
    k → ∞ gives θ*.

    Args:
        parameters: θ, fp32, updated; the other lists have the same length
        references: θ*
        importances: Ω ≥ 0, of the parameter's shape or 0-dim
        scales: 2 η λ α by tensor, ≥ 0
        gate: 0-dim int32; where it is not 0, nothing changes
    """
    is_open = (gate == 0).to(torch.float32)
    for *tensors, scale in zip(parameters, references, importances, scales, strict=True):
        factor = min(scale, LARGEST_STIFFNESS) * is_open
        for parameter, reference, importance in _pieces(*tensors):
            stiffness = (importance * factor).clamp_(max=LARGEST_STIFFNESS)
            parameter.lerp_(reference, stiffness.div_(stiffness + 1))


PIECE = 1 << 16
"""Elements of a piece: a few fp32 tensors of this size fit into a core's cache (3 times the speed of whole tensors)."""


def _pieces(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Views of the tensors in aligned pieces along their first dimension, so that scratch tensors are small.

    On a GPU the tensors come whole: every piece would cost the launch of its kernels. A 0-dim tensor is in every piece.
    """
    first = tensors[0]
    if not first.is_cpu or first.numel() <= PIECE:
        return iter([tensors])
    rows = max(1, PIECE * first.shape[0] // first.numel())
    return zip(*(tensor.split(rows) if tensor.dim() else repeat(tensor) for tensor in tensors), strict=False)
