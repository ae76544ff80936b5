"""Times an optimizer step with importance and with a penalty against a plain one, in turn.

    python -m benchmarks.step [--json] [--pairs 15] [--threads 2] [--parameters 50e6,250e6] [--tensors 12]

Timed is what `TrainingPhase.step` does with the gradients it finds: their norm, the clip factor, and the optimizer with
whatever is measured or held in it. The plain side is the same with torch's fused AdamW and nothing else. θ and g are
fp32 and the same tensors for all sides.

Bytes moved for each parameter: plain 36 (the norm 4, fused AdamW 28, and 4 because it writes the clipped g back),
importance and penalty 40, with Ω and θ* in bfloat16 36. The gradient form that clips must know the norm of both
gradients first, 52 in two passes. Ratios by traffic alone: 1.11, 1.11, 1.00 and 1.44.

"compiled reference" is `torch.compile` of the kernels' plain PyTorch form in place of the kernel, at one step number
and the smallest size, where the compiler works.
"""

import contextlib
import gc
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from unittest import mock

import torch
from torch import Tensor

from ballast import kernels
from ballast.kernels import reference
from ballast.optim import FusedAdamW, Gate, Optimizer, PathIntegralAdamW, PenaltyAdamW, clip_factor
from ballast.path_integral import PathIntegral
from ballast.penalty import GRADIENT, PROXIMAL, QuadraticPenalty
from ballast.retention import Retention
from benchmarks import workload
from benchmarks.measurement import Measurement, answer, arguments, in_turn, missing, seconds

GOAL = 1.35
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
        clip_norm: 0 clips nothing
        kernel: the one that it is mostly made of
        goal: of its time over a plain step's
    """

    optimizer: Callable[[Parameters], Optimizer]
    clip_norm: float = CLIP_NORM
    kernel: str | None = None
    goal: float | None = GOAL


def plain(parameters: Parameters) -> Optimizer:
    return FusedAdamW(parameters, WEIGHT_DECAY, Retention())


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
    "penalty gradient, not clipped": Variant(gradient, clip_norm=0.0),
    "penalty gradient, clipped": Variant(gradient_clipped),
}


def random_parameters(count: int, tensors: int, device: torch.device) -> Parameters:
    """About `count` fp32 parameters in equal matrices, each with a gradient."""
    rows = count // tensors // 1024
    generator = torch.Generator(device).manual_seed(0)

    def values() -> Tensor:
        return torch.randn(rows, 1024, generator=generator, device=device) * 1e-2

    parameters = {f"matrix.{number}": torch.nn.Parameter(values()) for number in range(tensors)}
    for parameter in parameters.values():
        parameter.grad = values()
    return parameters


def step_of(optimizer: Optimizer, clip_norm: float, gate: Gate) -> Callable[[], None]:
    """What `TrainingPhase.step` does with its optimizer."""

    def step() -> None:
        norm = optimizer.gradient_norm()
        gate.watch(norm, 1, 1)
        optimizer.step(LEARNING_RATE, clip_factor(norm, clip_norm), gate.step)

    return step


@contextlib.contextmanager
def compiled_reference(kernel: str) -> Iterator[None]:
    """Inside, `kernels` has the compiled reference of one kernel: whole tensors, which the compiler cuts up itself, and
    always the same step number, which it would compile into the code again at every step."""
    compiled = torch.compile(getattr(reference, kernel))

    def first_step(*tensors, step: int, **settings) -> None:
        compiled(*tensors, step=1, **settings)

    with mock.patch.object(kernels, kernel, first_step), mock.patch.object(reference, "PIECE", 1 << 62):
        yield


def rows(count: int, tensors: int, pairs: int, device: torch.device, compiled: bool) -> Iterator[Measurement]:
    """Of one size. One variant at a time is in memory, beside the plain side."""
    parameters = random_parameters(count, tensors, device)
    base, gate = plain(parameters), Gate(device)

    def measured(name: str, variant: Variant) -> Measurement:
        gc.collect()
        sides = [(variant.optimizer(parameters), variant.clip_norm), (base, variant.clip_norm)]
        runs = [seconds(step_of(optimizer, clip, gate), device) for optimizer, clip in sides]
        in_turn(WARM_UP, *runs)
        milliseconds = [[1e3 * run for run in side] for side in in_turn(pairs, *runs)]
        return Measurement.compared(f"step/{name}, {count:,} parameters", *milliseconds, "ms", variant.goal)

    for name, variant in VARIANTS.items():
        yield measured(name, variant)
    for name, variant in VARIANTS.items():
        if compiled and variant.kernel is not None:
            try:
                with compiled_reference(variant.kernel):
                    yield measured(f"compiled reference, {name}", Variant(variant.optimizer, goal=None))
            except Exception as error:  # Of the compiler's many kinds; it says what it lacks in the first line.
                missing(f"step/compiled reference, {name}, {count:,} parameters", str(error).splitlines()[0])


def main() -> None:
    parser = arguments(__doc__, pairs=15)
    parser.add_argument("--parameters", default="50e6,250e6", help="sizes, with commas between them")
    parser.add_argument("--tensors", type=int, default=12)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    sizes = [int(float(size)) for size in options.parameters.split(",")]
    device = workload.device()
    measured = (rows(size, options.tensors, options.pairs, device, size == min(sizes)) for size in sizes)
    answer(list(itertools.chain.from_iterable(measured)), options.json)


if __name__ == "__main__":
    main()
