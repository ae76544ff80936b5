"""How near each CPU kernel comes to the memory's bandwidth: its GB/s beside those of a triad, in turn.

    python -m benchmarks.roofline [--json] [--pairs 9] [--threads N] [--parameters 50e6] [--tensors 12]

The triad is a ← a + s b, which like the kernels writes where it has read. STREAM's a ← b + s c also fetches the lines
that it overwrites without counting them, and would be a lower bar. Each read and each write of a number counts once.
"""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from ballast.kernels import Held, RowCodes, native
from benchmarks.measurement import HIGHER, Measurement, answer, arguments, in_turn

GOAL = 0.8
WARM_UP = 2

ADAMW = {"learning_rate": 1e-4, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01}


class State:
    """Tensors of a training, and an anchor of them in each of the ways that one is held.

    Attributes:
        adamw: parameters, gradients and both moments
        omegas: ω, which also stand for θ*
        importances: by storage
    """

    def __init__(self, parameters: int, tensors: int) -> None:
        rows = max(1, parameters // tensors // 1024)

        def drawn(scale: float) -> list[Tensor]:
            return [torch.rand(rows, 1024).mul_(scale) for _ in range(tensors)]

        self.adamw = [drawn(1.0), drawn(1e-2), drawn(1e-2), drawn(1e-4)]
        self.omegas = drawn(1.0)
        whole = drawn(1.0)
        self.importances: Mapping[str, Sequence[Held]] = {
            "float32": whole,
            "bfloat16": [each.bfloat16() for each in whole],
            "int8": [RowCodes((each * 255).to(torch.uint8), torch.ones(rows)) for each in whole],
        }
        self.size = rows * 1024 * tensors


def kernels(state: State) -> dict[str, tuple[int, Callable[[int], object]]]:
    """Each kernel by name: bytes that it moves for each parameter, and a call with the number of the step."""
    clip, gate, value = torch.ones(()), torch.zeros((), dtype=torch.int32), torch.zeros((), dtype=torch.float64)
    strengths = [0.01] * len(state.omegas)
    parameters, gradients = state.adamw[:2]
    found: dict[str, tuple[int, Callable[[int], object]]] = {
        "AdamW + path integral": (
            36,
            lambda step: native.adamw_path_integral(
                *state.adamw, state.omegas, step=step, clip=clip, gate=gate, **ADAMW
            ),
        ),
        "finish importance": (
            16,
            lambda _: native.finish_importance(state.omegas, gradients, parameters, xi=1e-6),
        ),
        "count squares": (4, lambda _: [native.count_squares(each, None) for each in gradients]),
    }

    def with_penalty(storage: str, width: int) -> None:
        anchor = (state.omegas, state.importances[storage])
        for form in ("gradient", "proximal"):
            found[f"AdamW + penalty, {form}, {storage}"] = (
                32 + width,
                lambda step, form=form: native.adamw_penalty(
                    *state.adamw, *anchor, strengths=strengths, form=form,
                    step=step, clip=clip, gate=gate, value=value, **ADAMW,
                ),
            )  # fmt: skip
        found[f"penalty gradient, {storage}"] = (
            16 + width,
            lambda _: native.add_penalty_gradient(gradients, parameters, *anchor, strengths=strengths, gate=gate),
        )
        found[f"proximal step, {storage}"] = (
            12 + width,
            lambda _: native.proximal_step(parameters, *anchor, strengths=strengths, learning_rate=1e-4, gate=gate),
        )

    for storage, width in (("float32", 4), ("bfloat16", 2), ("int8", 1)):
        with_penalty(storage, width)
    return found


def triad(size: int) -> Callable[[int], object]:
    """a ← a + s b."""
    a, b = torch.rand(size), torch.rand(size)
    return lambda _: a.add_(b, alpha=1e-9)


def gigabytes_per_second(moved: int, run: Callable[[int], object]) -> Callable[[], float]:
    """Times one more call each time that it is called.

    Args:
        moved: bytes that a call moves
        run: takes the number of the call, from 1
    """
    calls = itertools.count(1)

    def timed() -> float:
        call = next(calls)
        started = time.perf_counter()
        run(call)
        return moved / (time.perf_counter() - started) / 1e9

    return timed


def measure(parameters: int, tensors: int, pairs: int) -> list[Measurement]:
    """A row for each kernel."""
    state = State(parameters, tensors)
    theirs = gigabytes_per_second(12 * state.size, triad(state.size))
    measured = []
    for name, (width, run) in kernels(state).items():
        runs = gigabytes_per_second(width * state.size, run), theirs
        in_turn(WARM_UP, *runs)
        label = f"roofline/{name}, {width} B a parameter"
        measured.append(Measurement.compared(label, *in_turn(pairs, *runs), "GB/s", GOAL, HIGHER))
    return measured


def main() -> None:
    parser = arguments(__doc__, pairs=9)
    parser.add_argument("--parameters", type=float, default=50e6)
    parser.add_argument("--tensors", type=int, default=12)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    answer(measure(int(options.parameters), options.tensors, options.pairs), options.json)


if __name__ == "__main__":
    main()
