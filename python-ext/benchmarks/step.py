"""Times an optimizer step with importance and with a penalty against a plain one, in turn.

    python -m benchmarks.step [--json] [--pairs 15] [--threads 2] [--parameters 50e6,250e6] [--tensors 12]

Timed is the optimizer's step with whatever is measured or held in it; the plain side is `torch.optim.AdamW(fused=True)`
and nothing else. θ and g are fp32 and the same tensors for all sides. The norm that clipping needs is the same on both
sides and left out, but in the gradient form that clips, which needs the norm of both gradients: there both take theirs.

Bytes moved for each parameter: plain 28, importance and penalty 36, with Ω and θ* in bfloat16 32: by traffic alone 1.29
and 1.14. Both at once, as in a domain before another: 44, 1.57, which has no goal. The gradient form that clips: 52 in
two passes and torch's, which writes the clipped g back, over 32: 1.63.

"compiled reference" is `torch.compile` of the kernels' plain PyTorch form in place of the kernel, at one step number,
where the compiler works. The goal is the CPU's; where there is a GPU, all of it is measured there too, and our kernels
over their compiled reference.
"""

import gc
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ballast import kernels
from ballast.kernels import reference
from ballast.measurement.path_integral import PathIntegral
from ballast.retention.penalty import GRADIENT, PROXIMAL, QuadraticPenalty
from ballast.training.optim import FusedAdamW, Gate, Optimizer, PathIntegralAdamW, PenaltyAdamW, clip_factor
from benchmarks import workload
from benchmarks.measurement import (
    Measurement,
    answer,
    arguments,
    at_least_one,
    attempted,
    in_turn,
    missing,
    numbers,
    seconds,
)

GOAL = 1.35
GOAL_OVER_COMPILED = 0.95
"""On a GPU: a kernel that torch.compile comes within 5 % of is not worth its source."""
COLUMNS = 1024
WARM_UP = 3
LEARNING_RATE = 1e-4
CLIP_NORM = 1.0
STRENGTH = 30.0
WEIGHT_DECAY = 0.01

Parameters = Mapping[str, Tensor]


@dataclass(frozen=True)
class Variant:
    """One kind of step.

    Attributes:
        optimizer: made for parameters that have gradients
        with_norm: whether the norm of the gradients is part of what is timed
        kernel: the one that it is mostly made of, where its compiled reference is measured too
        goal: on a CPU
    """

    optimizer: Callable[[Parameters], Optimizer]
    with_norm: bool = False
    kernel: str | None = None
    goal: float | None = GOAL


def importance(parameters: Parameters) -> Optimizer:
    return PathIntegralAdamW(PathIntegral(parameters), WEIGHT_DECAY)


def penalty(parameters: Parameters, form: str, anchor: torch.dtype = torch.float32) -> QuadraticPenalty:
    """As a phase has it a while after its start: θ* a little off, Ω of mean about 1."""
    generator = torch.Generator(next(iter(parameters.values())).device).manual_seed(1)

    def omega(parameter: Tensor) -> Tensor:
        return torch.empty_like(parameter, requires_grad=False).exponential_(generator=generator).to(anchor)

    weights = {name: omega(parameter) for name, parameter in parameters.items()}
    there = {name: (parameter.detach() + 1e-3).to(anchor) for name, parameter in parameters.items()}
    return QuadraticPenalty(parameters, weights, dict.fromkeys(parameters, 1.0), there, STRENGTH, form)


def proximal(parameters: Parameters) -> Optimizer:
    return PenaltyAdamW(penalty(parameters, PROXIMAL), WEIGHT_DECAY)


def importance_and_proximal(parameters: Parameters) -> Optimizer:
    return PenaltyAdamW(penalty(parameters, PROXIMAL), WEIGHT_DECAY, PathIntegral(parameters))


def proximal_bfloat16(parameters: Parameters) -> Optimizer:
    return PenaltyAdamW(penalty(parameters, PROXIMAL, torch.bfloat16), WEIGHT_DECAY)


def gradient(parameters: Parameters) -> Optimizer:
    return PenaltyAdamW(penalty(parameters, GRADIENT), WEIGHT_DECAY)


def gradient_clipped(parameters: Parameters) -> Optimizer:
    return FusedAdamW(parameters, WEIGHT_DECAY, penalty(parameters, GRADIENT))


VARIANTS = {
    "importance": Variant(importance, kernel="adamw_path_integral"),
    "penalty proximal": Variant(proximal, kernel="adamw_penalty"),
    "penalty proximal, bfloat16 anchor": Variant(proximal_bfloat16),
    "penalty gradient, not clipped": Variant(gradient),
    "penalty gradient, clipped": Variant(gradient_clipped, with_norm=True),
    "importance and penalty proximal": Variant(importance_and_proximal, goal=None),
}


def random_parameters(count: int, tensors: int, device: torch.device) -> Parameters:
    """About `count` fp32 parameters in equal matrices, each with a gradient."""
    rows = count // tensors // COLUMNS
    generator = torch.Generator(device).manual_seed(0)

    def values() -> Tensor:
        return torch.randn(rows, COLUMNS, generator=generator, device=device) * 1e-2

    parameters = {f"matrix.{number}": torch.nn.Parameter(values()) for number in range(tensors)}
    for parameter in parameters.values():
        parameter.grad = values()
    return parameters


def step_of(optimizer: Optimizer, with_norm: bool, gate: Gate) -> Callable[[], None]:
    """What `TrainingPhase.step` does with its optimizer."""
    one = torch.ones((), device=gate.step.device)

    def step() -> None:
        clip = clip_factor(optimizer.gradient_norm(), CLIP_NORM) if with_norm else one
        optimizer.step(LEARNING_RATE, clip, gate.step)

    return step


def plain_step(adamw: torch.optim.AdamW, with_norm: bool) -> Callable[[], None]:
    """torch's, with the norm that a plain training step takes too."""

    def step() -> None:
        if with_norm:
            torch.nn.utils.get_total_norm([parameter.grad for parameter in adamw.param_groups[0]["params"]])
        adamw.step()

    return step


def with_compiled_reference(kernel: str, step: Callable[[], None]) -> Callable[[], None]:
    """A step for which `kernels` has the compiled reference of one kernel: of whole tensors, which the compiler cuts up
    itself, in the sizes that they have, and always with the same step number, which it would compile into the code again
    at every step."""
    compiled = torch.compile(getattr(reference, kernel), dynamic=False)
    own, piece = getattr(kernels, kernel), reference.PIECE

    def first_step(*tensors, step: int, **settings) -> None:
        compiled(*tensors, step=1, **settings)

    def run() -> None:
        setattr(kernels, kernel, first_step)
        reference.PIECE = 1 << 62
        try:
            step()
        finally:
            setattr(kernels, kernel, own)
            reference.PIECE = piece

    return run


def rows(count: int, tensors: int, pairs: int, device: torch.device, compiled: bool = True) -> Iterator[Measurement]:
    """Of one size. One variant at a time is in memory, beside the plain side."""
    parameters = random_parameters(count, tensors, device)
    adamw = torch.optim.AdamW(parameters.values(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    gate = Gate(device)
    on_gpu = device.type == "cuda"

    def named(name: str) -> str:
        return f"step/{name}, {count:,} parameters" + (", GPU" if on_gpu else "")

    def measured(name: str, ours: Callable[[], None], theirs: Callable[[], None], goal: float | None) -> Measurement:
        runs = [seconds(side, device) for side in (ours, theirs)]
        in_turn(WARM_UP, *runs)
        milliseconds = [[1e3 * run for run in side] for side in in_turn(pairs, *runs)]
        return Measurement.compared(named(name), *milliseconds, "ms", goal)

    for name, variant in VARIANTS.items():
        step = other = None  # Frees the variant before.
        gc.collect()
        step = step_of(variant.optimizer(parameters), variant.with_norm, gate)
        plain = plain_step(adamw, variant.with_norm)
        yield measured(name, step, plain, None if on_gpu else variant.goal)
        if not compiled or variant.kernel is None:
            continue
        other, label = with_compiled_reference(variant.kernel, step), f"compiled reference, {name}"
        yield from attempted(named(label), partial(measured, label, other, plain, None))
        if on_gpu:
            label = f"{name}, over the compiled reference"
            yield from attempted(named(label), partial(measured, label, step, other, GOAL_OVER_COMPILED))


def main() -> None:
    parser = arguments(__doc__, pairs=15)
    parser.add_argument("--parameters", type=numbers, default="50e6,250e6", help="sizes, with commas between them")
    parser.add_argument("--tensors", type=at_least_one, default=12)
    options = parser.parse_args()
    least = COLUMNS * options.tensors
    if min(options.parameters) < least:
        parser.error(
            f"argument --parameters: expected {least:,} or more, {COLUMNS:,} for each of {options.tensors} tensors, "
            f"found {min(options.parameters):,}"
        )
    if options.threads:
        torch.set_num_threads(options.threads)
    devices = workload.devices()
    if len(devices) == 1:
        missing(f"step on a GPU, and our kernels over their compiled reference (≤ {GOAL_OVER_COMPILED})", workload.NO_GPU)
    measured = (
        rows(size, options.tensors, options.pairs, device) for device in devices for size in options.parameters
    )
    answer(list(itertools.chain.from_iterable(measured)), options.json)


if __name__ == "__main__":
    main()
