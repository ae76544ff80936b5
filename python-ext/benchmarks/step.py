"""Times the fused step with importance against torch's fused AdamW without it, in turn.

    python -m benchmarks.step [--json] [--pairs 15] [--threads 2] [--parameters 50e6] [--tensors 12]

Memory traffic alone would make of it: 36 bytes a parameter (5 streams read, 4 written) against 28 (4 and 3) is 1.29.
"""

import itertools
import time
from collections.abc import Callable

import torch

from ballast.kernels import native
from benchmarks.measurement import Measurement, answer, arguments, in_turn

GOAL = 1.35
WARM_UP = 3

SETTINGS = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01}


def tensors(parameters: int, count: int) -> list[torch.Tensor]:
    return [torch.randn(parameters // count) * 1e-2 for _ in range(count)]


def ours(parameters: int, count: int):
    roles = [tensors(parameters, count) for _ in range(5)]
    roles[3] = [tensor.square_() for tensor in roles[3]]
    clip, gate = torch.ones(()), torch.zeros((), dtype=torch.int32)
    return lambda step: native.adamw_path_integral(
        *roles, step=step, learning_rate=1e-4, clip=clip, gate=gate, **SETTINGS
    )


def theirs(parameters: int, count: int):
    values = [torch.nn.Parameter(tensor) for tensor in tensors(parameters, count)]
    for value, gradient in zip(values, tensors(parameters, count), strict=True):
        value.grad = gradient
    optimizer = torch.optim.AdamW(
        values,
        lr=1e-4,
        betas=(SETTINGS["beta1"], SETTINGS["beta2"]),
        eps=SETTINGS["eps"],
        weight_decay=SETTINGS["weight_decay"],
        fused=True,
    )
    return lambda step: optimizer.step()


def milliseconds(run) -> Callable[[], float]:
    """Times one more step each time that it is called."""
    steps = itertools.count(1)

    def timed() -> float:
        step = next(steps)
        started = time.perf_counter()
        run(step)
        return (time.perf_counter() - started) * 1e3

    return timed


def main() -> None:
    parser = arguments(__doc__, pairs=15)
    parser.add_argument("--parameters", type=float, default=50e6)
    parser.add_argument("--tensors", type=int, default=12)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    size = int(options.parameters)
    runs = [milliseconds(side(size, options.tensors)) for side in (ours, theirs)]
    in_turn(WARM_UP, *runs)
    measured = Measurement.compared(f"step/importance, {size:,} parameters", *in_turn(options.pairs, *runs), "ms", GOAL)
    answer([measured], options.json)


if __name__ == "__main__":
    main()
