"""What the benchmarks have in common: runs in turn, measurements, and how they are printed.

    cd python-ext && ../.venv/bin/python -m benchmarks.NAME [--json] [--pairs N] …

With `--json` a benchmark prints a list of measurements to standard output, else a table; what it cannot measure here it
names on standard error. `ballast bench NAME` runs it so.
"""

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

HOME = Path(__file__).parents[2]
MODEL = HOME.parent / "shared/models/stories15M"
DATA = HOME.parent / "shared/data"

LOWER, HIGHER = "lower", "higher"


@dataclass(frozen=True)
class Measurement:
    """One thing that was measured of Ballast, and of what people would use instead.

    Attributes:
        name: what it is
        ours: median over the runs
        theirs: median over the runs; None where there is an absolute limit instead
        unit: of both
        ratio: ours / theirs, or ours / limit
        goal: what the ratio should be; None where it is told without one
        better: "lower" or "higher"
        reached: whether the ratio is as good as the goal; None without a goal
        runs: how often each was measured
    """

    name: str
    ours: float
    theirs: float | None
    unit: str
    ratio: float
    goal: float | None
    better: str
    reached: bool | None
    runs: int

    @staticmethod
    def compared(
        name: str, ours: Sequence[float], theirs: Sequence[float], unit: str, goal: float | None, better: str = LOWER
    ) -> "Measurement":
        """Of the same thing measured on both sides, as often on each."""
        one, other = statistics.median(ours), statistics.median(theirs)
        ratio = one / other
        return Measurement(name, one, other, unit, ratio, goal, better, _reached(ratio, goal, better), len(ours))

    @staticmethod
    def paced(
        name: str, items: int, ours: Sequence[float], theirs: Sequence[float], unit: str, goal: float | None
    ) -> "Measurement":
        """A pace, from the seconds that the same work of `items` took on both sides."""
        paces = ([items / statistics.median(side)] for side in (ours, theirs))
        return replace(Measurement.compared(name, *paces, unit, goal, HIGHER), runs=len(ours))

    @staticmethod
    def limited(name: str, ours: Sequence[float], limit: float, unit: str) -> "Measurement":
        """Of something that should be no more than a limit."""
        ratio = statistics.median(ours) / limit
        return Measurement(name, ratio * limit, None, unit, ratio, 1.0, LOWER, ratio <= 1, len(ours))


def _reached(ratio: float, goal: float | None, better: str) -> bool | None:
    if goal is None:
        return None
    return bool(ratio <= goal if better == LOWER else ratio >= goal)


def in_turn(pairs: int, *runs: Callable[[], float]) -> list[list[float]]:
    """What each run gives, `pairs` times, one after the other; every second round backwards, so that none always
    comes after the same one.

    Returns:
        for each of `runs` its values, in the order of the rounds
    """
    values: list[list[float]] = [[] for _ in runs]
    for number in range(pairs):
        order = list(enumerate(runs))
        for at, run in order if number % 2 == 0 else reversed(order):
            values[at].append(run())
    return values


def seconds(run: Callable[[], object], device: torch.device = torch.device("cpu")) -> Callable[[], float]:
    """Runs it, and tells how long it took until the device had done all of it."""

    def timed() -> float:
        _finish(device)
        started = time.perf_counter()
        run()
        _finish(device)
        return time.perf_counter() - started

    return timed


def arguments(documentation: str, pairs: int) -> argparse.ArgumentParser:
    """The options that every benchmark has: --json, --pairs, --threads, --model, --data-dir.

    Args:
        documentation: of the benchmark, whose first line describes it
        pairs: how many there are by default
    """
    parser = argparse.ArgumentParser(description=documentation.strip().splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")
    parser.add_argument("--pairs", type=at_least_one, default=pairs, help=f"rounds of both sides; {pairs} by default")
    parser.add_argument("--threads", type=at_least_one, help="of torch on the CPU; as many as it takes by default")
    parser.add_argument("--model", type=Path, default=MODEL, help="folder of a checkpoint, where one is needed")
    parser.add_argument("--data-dir", type=Path, default=DATA, help="folder of data, where they are needed")
    return parser


# Types of arguments: argparse tells what is wrong and ends with 2, which `ballast bench` takes for its user's error.


def at_least_one(text: str) -> int:
    """A whole number of 1 or more, written as 50e6 if one likes."""
    return _whole_number(text, 1)


def at_least_two(text: str) -> int:
    """A whole number of 2 or more: tokens of a row, of which the first is not predicted."""
    return _whole_number(text, 2)


def numbers(text: str) -> list[int]:
    """As `at_least_one`, with commas between them."""
    return [_whole_number(each, 1) for each in text.split(",")]


def share(text: str) -> float:
    """A number above 0 and up to 1."""
    value = _float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"expected a number above 0 and up to 1, found {text}")
    return value


def _whole_number(text: str, least: int) -> int:
    value = _float(text)
    if not (least <= value < math.inf and value.is_integer()):
        raise argparse.ArgumentTypeError(f"expected a whole number of {least} or more, found {text}")
    return int(value)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def note(what: str) -> None:
    """Says what is known beside the measurements."""
    print(what, file=sys.stderr)


def missing(name: str, reason: str) -> None:
    """Names what is not measured on this machine."""
    note(f"{name} is not measured: {reason}")


def attempted(name: str, measure: Callable[[], Measurement]) -> Iterator[Measurement]:
    """What `measure` gives; where that fails, nothing, and `name` is told to be missing. For what needs a compiler or a
    driver that a machine need not have."""
    try:
        measured = measure()
    except Exception as error:  # Of a compiler's many kinds; it says what it lacks in the first line.
        missing(name, (str(error).splitlines() or [type(error).__name__])[0])
    else:
        yield measured


def answer(measurements: Sequence[Measurement], as_json: bool) -> None:
    """Prints them."""
    if as_json:
        print(json.dumps([asdict(each) for each in measurements], indent=2))
        return
    print("| | Ballast | other | unit | ratio | goal | |")
    print("|---|---|---|---|---|---|---|")
    for each in measurements:
        theirs, goal = _number(each.theirs), _number(each.goal)
        sign = "≤" if each.better == LOWER else "≥"
        verdict = "" if each.reached is None else "reached" if each.reached else "not reached"
        cells = (each.name, _number(each.ours), theirs, each.unit, _number(each.ratio), goal and f"{sign} {goal}", verdict)
        print("| " + " | ".join(cells) + " |")


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
