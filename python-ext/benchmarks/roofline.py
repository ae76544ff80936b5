"""How near each kernel comes to the memory's bandwidth: its GB/s beside those of a triad, in turn.

    python -m benchmarks.roofline [--json] [--pairs 9] [--threads N] [--parameters 50e6] [--tensors 12]

The triad is a ← a + s b, which like the kernels writes where it has read. STREAM's a ← b + s c also fetches the lines
that it overwrites without counting them, and would be a lower bar. Each read and each write of a number counts once.

On a GPU, where there is one, the CUDA kernels are held against the peak that the device itself tells (twice its memory's
clock, for the bus's width), as is the triad, torch's own. Times are the device's, between two events.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType

import torch
from torch import Tensor

from ballast.kernels import Held, RowCodes, cuda, native
from benchmarks import workload
from benchmarks.measurement import HIGHER, Measurement, answer, arguments, at_least_one, in_turn, missing

GOAL = 0.8
GOAL_OF_PEAK = 0.85
WARM_UP = 2
# Cycles of a GPU, some milliseconds: it is kept busy while the host queues what is timed, so that it waits for nothing.
BUSY = 20_000_000
CPU = torch.device("cpu")

ADAMW = {"learning_rate": 1e-4, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01}


class State:
    """Tensors of a training, and an anchor of them in each of the ways that one is held.

    Attributes:
        adamw: parameters, gradients and both moments
        omegas: ω, which also stand for θ*
        measured: ω of a step that holds by θ* too
        importances: by storage
    """

    def __init__(self, parameters: int, tensors: int, device: torch.device = CPU) -> None:
        rows = max(1, parameters // tensors // 1024)

        def drawn(scale: float) -> list[Tensor]:
            return [torch.rand(rows, 1024, device=device).mul_(scale) for _ in range(tensors)]

        self.adamw = [drawn(1.0), drawn(1e-2), drawn(1e-2), drawn(1e-4)]
        self.omegas, self.measured = drawn(1.0), drawn(0.0)
        whole = drawn(1.0)
        self.importances: Mapping[str, Sequence[Held]] = {
            "float32": whole,
            "bfloat16": [each.bfloat16() for each in whole],
            "int8": [RowCodes((each * 255).to(torch.uint8), torch.ones(rows, device=device)) for each in whole],
        }
        self.size = rows * 1024 * tensors


def kernels(state: State, module: ModuleType) -> dict[str, tuple[int, Callable[[int], object]]]:
    """Each kernel of a module by name: bytes that it moves for each parameter, and a call with the number of the step."""
    parameters, gradients = state.adamw[:2]
    device = parameters[0].device
    clip, gate = torch.ones((), device=device), torch.zeros((), dtype=torch.int32, device=device)
    value = torch.zeros((), dtype=torch.float64, device=device)
    strengths = [0.01] * len(state.omegas)
    found: dict[str, tuple[int, Callable[[int], object]]] = {
        "AdamW + path integral": (
            36,
            lambda step: module.adamw_path_integral(
                *state.adamw, state.omegas, step=step, clip=clip, gate=gate, **ADAMW
            ),
        ),
        "finish importance": (
            16,
            lambda _: module.finish_importance(state.omegas, gradients, parameters, xi=1e-6),
        ),
    }
    if module is native:  # A GPU has torch's.
        found["count squares"] = (4, lambda _: [native.count_squares(each, None) for each in gradients])

    def with_penalty(storage: str, width: int) -> None:
        anchor = (state.omegas, state.importances[storage])
        for form in ("gradient", "proximal"):
            found[f"AdamW + penalty, {form}, {storage}"] = (
                32 + width,
                lambda step, form=form: module.adamw_penalty(
                    *state.adamw, *anchor, strengths=strengths, form=form,
                    step=step, clip=clip, gate=gate, value=value, **ADAMW,
                ),
            )  # fmt: skip
        found[f"AdamW + penalty + path integral, {storage}"] = (
            40 + width,
            lambda step: module.adamw_penalty(
                *state.adamw, *anchor, strengths=strengths, form="proximal",
                step=step, clip=clip, gate=gate, value=value, omegas=state.measured, **ADAMW,
            ),
        )  # fmt: skip
        found[f"penalty gradient, {storage}"] = (
            16 + width,
            lambda _: module.add_penalty_gradient(gradients, parameters, *anchor, strengths=strengths, gate=gate),
        )
        found[f"proximal step, {storage}"] = (
            12 + width,
            lambda _: module.proximal_step(parameters, *anchor, strengths=strengths, learning_rate=1e-4, gate=gate),
        )

    for storage, width in (("float32", 4), ("bfloat16", 2), ("int8", 1)):
        with_penalty(storage, width)
    return found


def triad(size: int, device: torch.device = CPU) -> Callable[[int], object]:
    """a ← a + s b."""
    a, b = torch.rand(size, device=device), torch.rand(size, device=device)
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


def gigabytes_per_second_there(moved: int, run: Callable[[int], object]) -> Callable[[], float]:
    """As `gigabytes_per_second`, on the current GPU by its own clock."""
    calls = itertools.count(1)

    def timed() -> float:
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda._sleep(BUSY)
        begin.record()
        run(next(calls))
        end.record()
        end.synchronize()
        return moved / (begin.elapsed_time(end) / 1e3) / 1e9

    return timed


def peak(device: torch.device) -> float:
    """GB/s of a GPU's memory: kHz, two transfers each, of the bus's bits."""
    properties = torch.cuda.get_device_properties(device)
    return properties.memory_clock_rate * 1e3 * 2 * properties.memory_bus_width / 8 / 1e9


def measure_gpu(parameters: int, tensors: int, pairs: int, device: torch.device) -> Iterator[Measurement]:
    """A row for each CUDA kernel, and one for the triad, against the peak."""
    state, limit = State(parameters, tensors, device), [peak(device)]
    theirs = gigabytes_per_second_there(12 * state.size, triad(state.size, device))
    triads: list[float] = []
    for name, (width, run) in kernels(state, cuda).items():
        runs = gigabytes_per_second_there(width * state.size, run), theirs
        in_turn(WARM_UP, *runs)
        ours, beside = in_turn(pairs, *runs)
        triads += beside
        label = f"roofline/GPU, {name}, {width} B a parameter"
        yield Measurement.compared(label, ours, limit, "GB/s", GOAL_OF_PEAK, HIGHER)
    yield Measurement.compared("roofline/GPU, triad", triads, limit, "GB/s", None, HIGHER)


def measure(parameters: int, tensors: int, pairs: int) -> list[Measurement]:
    """A row for each CPU kernel."""
    state = State(parameters, tensors)
    theirs = gigabytes_per_second(12 * state.size, triad(state.size))
    measured = []
    for name, (width, run) in kernels(state, native).items():
        runs = gigabytes_per_second(width * state.size, run), theirs
        in_turn(WARM_UP, *runs)
        label = f"roofline/{name}, {width} B a parameter"
        measured.append(Measurement.compared(label, *in_turn(pairs, *runs), "GB/s", GOAL, HIGHER))
    return measured


def main() -> None:
    parser = arguments(__doc__, pairs=9)
    parser.add_argument("--parameters", type=at_least_one, default=50_000_000)
    parser.add_argument("--tensors", type=at_least_one, default=12)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    size = options.parameters, options.tensors, options.pairs
    measured = []
    if native.is_enabled():
        measured = measure(*size)
    else:
        missing("roofline of the CPU's kernels", native.reason())
    device = workload.device()
    if device.type == "cpu":
        missing(f"roofline of the CUDA kernels on a GPU (≥ {GOAL_OF_PEAK} of its peak)", workload.NO_GPU)
    elif not cuda.is_enabled(device):
        missing(f"roofline of the CUDA kernels (≥ {GOAL_OF_PEAK} of the peak)", cuda.reason(device))
    else:
        with torch.cuda.device(device):
            measured += measure_gpu(*size, device)
    answer(measured, options.json)


if __name__ == "__main__":
    main()
