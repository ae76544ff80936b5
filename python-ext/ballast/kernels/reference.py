"""The kernels in plain PyTorch: what the native ones are held against, and their fallback on every device.

They read nothing back to the host: a shut gate turns every factor into the one that changes nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat, starmap

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor

from ballast.kernels.row_codes import RowCodes


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
    adamw = _AdamW(is_open, clip, step, learning_rate, beta1, beta2, eps, weight_decay)
    tensors = zip(parameters, gradients, exp_avgs, exp_avg_sqs, omegas, strict=True)
    for parameter, gradient, exp_avg, exp_avg_sq, omega in chain.from_iterable(starmap(_pieces, tensors)):
        task = torch.where(is_open, gradient, 0.0)  # Not a product: 0 · NaN is NaN.
        before = parameter.clone()
        adamw.step(parameter, task, exp_avg, exp_avg_sq)
        omega.addcmul_(task, parameter - before, value=-1)


@torch.no_grad()
def adamw_penalty(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    exp_avgs: Sequence[Tensor],
    exp_avg_sqs: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Tensor | RowCodes],
    *,
    strengths: Sequence[float],
    form: str,
    step: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    clip: Tensor,
    gate: Tensor,
    value: Tensor,
    omegas: Sequence[Tensor] | None = None,
) -> None:
    """One step of AdamW under the penalty Σ_i s_i Σ Ω_i (θ_i − θ*_i)² (arXiv 2501.13669), whose value it leaves.

    Args:
        parameters: θ, fp32, updated; the other lists have the same length
        gradients: g of the task, fp32, before clipping; left as it is
        exp_avgs: first moments, fp32, updated
        exp_avg_sqs: second moments, fp32, updated
        references: θ*, fp32 or bf16
        importances: Ω ≥ 0, fp32, bf16 or in 8 bits, of the parameter's shape; or 0-dim fp32 for one all over it
        strengths: s by tensor, ≥ 0: λ α
        form: "gradient": 2 s Ω (θ − θ*) joins g before `clip` multiplies both. "proximal": after the step, as
            `proximal_step`
        step: number of this step, from 1
        clip: 0-dim fp32
        gate: 0-dim int32; where it is not 0, nothing changes
        value: 0-dim fp64, becomes the penalty at the new θ
        omegas: ω, fp32, updated by the whole move along the task's gradient: ω ← ω − g ⊙ (θ_new − θ_old)
    """
    is_open = gate == 0
    adamw = _AdamW(is_open, clip, step, learning_rate, beta1, beta2, eps, weight_decay)
    total = torch.zeros_like(value)
    unmeasured = repeat(torch.zeros((), device=gate.device), len(parameters))
    measured = unmeasured if omegas is None else omegas
    tensors = zip(
        parameters, gradients, exp_avgs, exp_avg_sqs, measured, references, importances, strengths, strict=True
    )
    for *states, reference, importance, strength in tensors:
        scale = 2 * strength if form == "gradient" else min(2 * learning_rate * strength, LARGEST_STIFFNESS) * is_open
        left = torch.zeros_like(value)
        for parameter, gradient, *moments, omega, there, weight in _pieces(
            *states, reference.float(), importance.float()
        ):
            before = None if omegas is None else parameter.clone()
            both = gradient
            if form == "gradient":
                both = torch.addcmul(gradient, weight, parameter - there, value=scale)
            adamw.step(parameter, torch.where(is_open, both, 0.0), *moments)
            if form == "proximal":
                _pull(parameter, there, weight * scale)
            if omegas is not None:
                omega.addcmul_(torch.where(is_open, gradient, 0.0), parameter - before, value=-1)
            left += (weight * (parameter - there).square_()).sum(dtype=torch.float64)
        total += strength * left
    value.copy_(torch.where(is_open, total, value))


class _AdamW:
    """AdamW with factors that change nothing under a shut gate."""

    def __init__(self, is_open: Tensor, clip: Tensor, step: int, rate: float, beta1, beta2, eps, weight_decay) -> None:
        self._clip = torch.where(is_open, clip, 0.0)
        self._decay = torch.where(is_open, 1 - rate * weight_decay, 1.0)
        self._first_weight = torch.where(is_open, 1 - beta1, 0.0)
        self._second_decay = torch.where(is_open, beta2, 1.0)
        self._second_weight = 1 - beta2
        self._rate = torch.where(is_open, rate / (1 - beta1**step), 0.0)
        self._second_correction = (1 - beta2**step) ** 0.5
        self._eps = eps

    def step(self, parameter: Tensor, gradient: Tensor, exp_avg: Tensor, exp_avg_sq: Tensor) -> None:
        """Moves `parameter` and its moments; `gradient` is before clipping, and 0 under a shut gate."""
        clipped = gradient * self._clip
        exp_avg.lerp_(clipped, self._first_weight)
        exp_avg_sq.mul_(self._second_decay).addcmul_(clipped, clipped, value=self._second_weight)
        denominator = (exp_avg_sq.sqrt() / self._second_correction).add_(self._eps)
        parameter.mul_(self._decay).sub_((exp_avg * self._rate).div_(denominator))


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
    importances: Sequence[Tensor | RowCodes],
    *,
    strengths: Sequence[float],
    gate: Tensor,
) -> Tensor:
    """g ← g + 2 s Ω ⊙ (θ − θ*), in place: the gradient of Σ_i s_i Σ Ω_i (θ_i − θ*_i)² joins the task's.

    Args:
        gradients: g, fp32, updated; the other lists have the same length
        parameters: θ
        references: θ*, fp32 or bf16
        importances: as in `adamw_penalty`
        strengths: s by tensor, ≥ 0: λ α
        gate: 0-dim int32; where it is not 0, nothing changes

    Returns:
        ‖g‖₂ of all tensors as they are now, 0-dim fp32, which clipping needs; 0 where the gate is shut
    """
    is_open = gate == 0
    squares = torch.zeros((), dtype=torch.float64, device=gate.device)
    tensors = zip(gradients, parameters, references, importances, strengths, strict=True)
    for *states, reference, importance, strength in tensors:
        for gradient, parameter, there, weight in _pieces(*states, reference.float(), importance.float()):
            added = torch.where(is_open, weight * (parameter - there), 0.0)
            gradient.add_(added, alpha=2 * strength)
            squares += torch.linalg.vector_norm(gradient, dtype=torch.float64).square_()
    return torch.where(is_open, squares.sqrt_(), 0.0).float()


LARGEST_STIFFNESS = 1e30
"""Above this k / (1 + k) is 1 in fp32, and k must stay below infinity: ∞ / ∞ is NaN."""


@torch.no_grad()
def proximal_step(
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Tensor | RowCodes],
    *,
    strengths: Sequence[float],
    learning_rate: float,
    gate: Tensor,
) -> None:
    """θ ← θ* + (θ − θ*) / (1 + k) with k = 2 η s Ω, in place: the proximal operator of η Σ_i s_i Σ Ω_i (θ_i − θ*_i)².

    Args:
        parameters: θ, fp32, updated; the other lists have the same length
        references: θ*, fp32 or bf16
        importances: as in `adamw_penalty`
        strengths: s by tensor, ≥ 0: λ α
        learning_rate: η ≥ 0
        gate: 0-dim int32; where it is not 0, nothing changes
    """
    is_open = gate == 0
    for parameter, reference, importance, strength in zip(parameters, references, importances, strengths, strict=True):
        scale = min(2 * learning_rate * strength, LARGEST_STIFFNESS) * is_open
        for piece, there, weight in _pieces(parameter, reference.float(), importance.float()):
            _pull(piece, there, weight * scale)


def _pull(parameter: Tensor, reference: Tensor, stiffness: Tensor) -> None:
    """θ + k/(1+k) · (θ* − θ), in place: as an interpolation it is exact at both ends, where k = 0 leaves θ bit for bit
    and k → ∞ gives θ*."""
    stiffness = stiffness.clamp(max=LARGEST_STIFFNESS)
    parameter.lerp_(reference, stiffness.div_(stiffness + 1))


@torch.no_grad()
def penalty(
    parameters: Sequence[Tensor],
    references: Sequence[Tensor],
    importances: Sequence[Tensor | RowCodes],
    *,
    strengths: Sequence[float],
) -> Tensor:
    """Σ_i s_i Σ Ω_i (θ_i − θ*_i)², 0-dim fp64 on the parameters' device.

    Args:
        parameters: θ
        references: θ*, fp32 or bf16
        importances: as in `adamw_penalty`
        strengths: s by tensor, ≥ 0: λ α
    """
    terms = [
        strength * ((parameter - reference).square_() * importance.float()).sum(dtype=torch.float64)
        for parameter, reference, importance, strength in zip(
            parameters, references, importances, strengths, strict=True
        )
    ]
    return torch.stack(terms).sum()


@torch.no_grad()
def finish_importance(
    omegas: Sequence[Tensor], starts: Sequence[Tensor] | None, ends: Sequence[Tensor], *, xi: float
) -> Tensor:
    """ω ← Ω = max(ω, 0) / (Δ² + ξ) with Δ = θ_end − θ_start, in place (arXiv 2501.13669), and what each tensor comes to.

    Args:
        omegas: ω, fp32, updated; the other lists have the same length and shapes
        starts: θ then; None: zeros
        ends: θ now
        xi: ξ > 0

    Returns:
        [tensors, 4] fp64 on their device: Σω, how many ω are negative, ΣΩ, ΣΩ²
    """
    sums = torch.zeros(len(omegas), 4, dtype=torch.float64, device=omegas[0].device if omegas else None)
    for index, (omega, end) in enumerate(zip(omegas, ends, strict=True)):
        start = torch.zeros_like(end) if starts is None else starts[index]
        for piece, then, now in _pieces(omega, start, end):
            sums[index, 0] += piece.sum(dtype=torch.float64)
            sums[index, 1] += (piece < 0).sum()
            piece.clamp_(min=0).div_((now - then).square_().add_(xi))
            sums[index, 2] += piece.sum(dtype=torch.float64)
            sums[index, 3] += torch.linalg.vector_norm(piece, dtype=torch.float64).square_()
    return sums


@torch.no_grad()
def count_squares(values: Tensor, top: int | None) -> Tensor:
    """How the squares of the values are spread, of those above 0; one too small to square is not.

    The bits of non-negative floats are ordered as the integers they spell.

    Args:
        values: fp32
        top: None counts by the upper 16 bits of the square; else by the lower 16 bits among those with these upper ones

    Returns:
        [65536] int64, on the CPU
    """
    squares = values.square().flatten()
    bits = squares[squares > 0].view(torch.int32)
    bins = bits >> 16 if top is None else bits[bits >> 16 == top] & 0xFFFF
    return torch.bincount(bins, minlength=1 << 16).cpu()


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
    if isinstance(first, FakeTensor):  # Without data: one piece takes the memory that each of them does.
        return iter([tuple(tensor[:rows] if tensor.dim() else tensor for tensor in tensors)])
    return zip(*(tensor.split(rows) if tensor.dim() else repeat(tensor) for tensor in tensors), strict=False)
