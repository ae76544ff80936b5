"""Times training steps on one, two and four ranks, and counts what they hold and send, with retention and without.

    python -m benchmarks.scale [--json] [--pairs 5] [--ranks 1,2,4] [--rows 8] [--length 112] [--model FOLDER]

All ranks train the model in the folder together, full fine-tuning in fp32 by FSDP2, on the same rows whatever their
number, each with its share; on a machine without as many GPUs they share its cores. Counted is what a rank sends in one
step, as rings send it: of N ranks each sends (N − 1)/N of what is gathered or reduced and scattered, and twice that of
what is reduced everywhere. "kept" is what importance or a penalty adds to that, against a thousandth of the gradients.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ballast.importance.storage import Float32
from ballast.settings import PhaseSettings
from ballast.training.estimate import PlannedModel, PlannedPhase
from benchmarks import workload
from benchmarks.measurement import (
    HIGHER,
    HOME,
    Measurement,
    answer,
    arguments,
    at_least_one,
    at_least_two,
    missing,
    numbers,
)
from benchmarks.scale_ranks import PLAIN, VARIANTS, Ranked
from benchmarks.train import VARIANTS as TRAINED
from benchmarks.workload import phase_settings

SHARE_OF_GRADIENTS = 1e-3


# glibc then gives what is freed back to the system at once: a peak is of what is held, and every step is slower.
GIVEN_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536"}


def measured(told: Ranked, ranks: int) -> Mapping[str, Any]:
    """What the first of so many ranks says, by variant; its peaks are of processes of their own."""
    said, again = started(told, ranks, {}), started(replace(told, pairs=1), ranks, GIVEN_BACK)
    return {variant: each | {"peak": again[variant]["peak"]} for variant, each in said.items()}


def started(told: Ranked, ranks: int, variables: Mapping[str, str]) -> Mapping[str, Any]:
    """What the first of so many ranks says, started with these variables in their environment."""
    launcher, environment = [sys.executable], os.environ | variables
    if ranks > 1:
        # torchrun would set it too, and print that it did; scale_ranks chooses how many threads for itself.
        environment.setdefault("OMP_NUM_THREADS", "1")
        launcher += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
    command = [*launcher, "-m", "benchmarks.scale_ranks", json.dumps(asdict(told))]
    ran = subprocess.run(command, cwd=HOME / "python-ext", env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(ran.stdout.splitlines()[-1])


def foreseen_peaks(told: Ranked, ranks: Iterable[int]) -> Mapping[str, Mapping[int, int]]:
    """Bytes of a rank as `ballast validate --ranks` has them, by variant, of those that hold an anchor."""
    model = PlannedModel(Path(told.model), False, False, None)
    held = {name: settings for name, settings in TRAINED.items() if "method" in settings}
    several = [number for number in ranks if number > 1]
    peaks = {}
    for name, settings in held.items():
        phase = PlannedPhase(
            told.rows, told.length, PhaseSettings.from_dict(phase_settings(**settings)), anchor=Float32()
        )
        memories = model.memory_of_ranks(phase, several)
        peaks[name] = {number: sum(vars(each).values()) for number, each in zip(several, memories, strict=True)}
    return peaks


def rows_of(
    by_ranks: Mapping[int, Mapping[str, Any]], tokens: int, foreseen: Mapping[str, Mapping[int, int]]
) -> Iterator[Measurement]:
    """Each number of ranks against the fewest, and each variant against the plain one.

    Args:
        by_ranks: what `measured` gave
        tokens: of a step, all ranks together
        foreseen: what `foreseen_peaks` gave
    """
    fewest = by_ranks[min(by_ranks)][PLAIN]
    for ranks, said in by_ranks.items():
        name = f"scale/{ranks} rank{'s' * (ranks > 1)}"
        pace, alone = ([tokens / seconds for seconds in each["seconds"]] for each in (said[PLAIN], fewest))
        yield Measurement.compared(f"{name}, {PLAIN}", pace, alone, "tokens/s", None, HIGHER)
        yield Measurement.compared(
            f"{name}, {PLAIN}, peak of a rank", [said[PLAIN]["peak"] / 1e6], [fewest["peak"] / 1e6], "MB", None
        )
        for variant in VARIANTS:
            yield Measurement.compared(
                f"{name}, {variant}, peak of a rank", [said[variant]["peak"] / 1e6], [said[PLAIN]["peak"] / 1e6], "MB", None
            )
            with_it, without = (
                [1e3 * seconds for seconds in said[each]["seconds"]] for each in (variant, PLAIN)
            )
            yield Measurement.compared(f"{name}, {variant}", with_it, without, "ms", None)
            if ranks > 1 and variant in foreseen:
                yield Measurement.compared(
                    f"{name}, {variant}, peak of a rank, against what validate says",
                    [said[variant]["peak"] / 1e6], [foreseen[variant][ranks] / 1e6], "MB", None,
                )  # fmt: skip
            if ranks > 1:
                kept = said[variant]["sent"]["all"] - said[PLAIN]["sent"]["all"]
                limit = SHARE_OF_GRADIENTS * said[PLAIN]["sent"]["gradients"]
                yield Measurement.limited(f"{name}, {variant}, sent for what is kept", [kept], limit, "bytes")
        if ranks > 1:
            sent = said[PLAIN]["sent"]
            yield Measurement.compared(
                f"{name}, {PLAIN}, sent in a step, against gradients alone",
                [sent["all"] / 1e6], [sent["gradients"] / 1e6], "MB", None,
            )  # fmt: skip


def main() -> None:
    parser = arguments(__doc__, pairs=5)
    parser.add_argument("--rows", type=at_least_one, default=workload.ROWS)
    parser.add_argument("--length", type=at_least_two, default=workload.LENGTH)
    parser.add_argument("--ranks", type=numbers, default="1,2,4", help="how many at a time; 1,2,4 by default")
    options = parser.parse_args()
    if not options.model.is_dir():
        missing("scale", f"there is no folder {options.model}")
        answer([], options.json)
        return
    told = Ranked(str(options.model), options.rows, options.length, options.pairs, options.threads)
    by_ranks = {ranks: measured(told, ranks) for ranks in options.ranks}
    answer(list(rows_of(by_ranks, options.rows * options.length, foreseen_peaks(told, by_ranks))), options.json)


if __name__ == "__main__":
    main()
