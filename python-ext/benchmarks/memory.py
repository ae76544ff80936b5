"""Peak memory of a domain phase with retention against the same phase without, each in a process of its own.

    python -m benchmarks.memory [--json] [--pairs 1] [--rows 8] [--length 112] [--model FOLDER]

The phase opens an anchor (Ω and θ* in fp32) that a general phase of two steps has saved, and takes three steps. On a
CPU it is all that the process holds at its peak, the program itself included, on a GPU what PyTorch holds there. The
models are the one in the folder, and one of the shape of GPT-2 with 124 million parameters and random weights.
"teacher" is what holding a second model costs, as KL to the base does.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ballast.importance import PATH_INTEGRAL
from benchmarks import workload
from benchmarks.measurement import Measurement, answer, arguments, at_least_one, at_least_two, in_turn, missing
from benchmarks.memory_phase import PhaseOfItsOwn, of_its_own

LARGE = "GPT-2-124M"


@dataclass(frozen=True)
class Adaptation:
    """What is trained.

    Attributes:
        lora: whether an adapter
        goal: of the peak with retention over the peak without
        rivals: further phases by name, without a goal
    """

    lora: bool
    goal: float
    rivals: dict[str, dict]


ADAPTATIONS = {
    "LoRA": Adaptation(True, 1.10, {}),
    "full": Adaptation(False, 1.6, {"teacher": {"method": "kl", "form": "objective"}}),
}


def measured_peak(told: PhaseOfItsOwn) -> float:
    """Megabytes."""
    return of_its_own(told).peak_bytes / 1e6


def rows_of(
    name: str,
    folder: Path,
    rows: int,
    length: int,
    pairs: int,
    peak: Callable[[PhaseOfItsOwn], float] = measured_peak,
) -> Iterator[Measurement]:
    """Of a model. `peak` runs a phase and gives its megabytes."""
    for adapted, adaptation in ADAPTATIONS.items():
        with tempfile.TemporaryDirectory() as anchor:
            plain = PhaseOfItsOwn(str(folder), adaptation.lora, {}, None, None, rows, length, steps=3)
            peak(replace(plain, settings={"importance": PATH_INTEGRAL}, save_to=anchor, steps=2))
            held = replace(plain, settings={"method": "hierarchical", "form": "proximal"}, anchor=anchor)
            sides = {"retention": held} | {
                rival: replace(plain, settings=settings) for rival, settings in adaptation.rivals.items()
            }
            runs = [lambda told=told: peak(told) for told in (plain, *sides.values())]
            without, *others = in_turn(pairs, *runs)
        for side, peaks in zip(sides, others, strict=True):
            goal = adaptation.goal if side == "retention" else None
            yield Measurement.compared(f"memory/{adapted}, {side}, {name}", peaks, without, "MB", goal)


def main() -> None:
    parser = arguments(__doc__, pairs=1)
    parser.add_argument("--rows", type=at_least_one, default=workload.ROWS)
    parser.add_argument("--length", type=at_least_two, default=workload.LENGTH)
    options = parser.parse_args()
    measured: list[Measurement] = []
    with tempfile.TemporaryDirectory() as large:
        workload.random_model(workload.SHAPES[LARGE](), workload.device()).model.save_pretrained(large)
        folders = {LARGE: Path(large)}
        if options.model.is_dir():
            folders = {options.model.name: options.model} | folders
        else:
            missing("memory of a checkpoint", f"there is no folder {options.model}")
        for name, folder in folders.items():
            measured += rows_of(name, folder, options.rows, options.length, options.pairs)
    answer(measured, options.json)


if __name__ == "__main__":
    main()
