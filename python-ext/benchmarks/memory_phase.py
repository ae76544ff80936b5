"""One phase in a process of its own, for its peak of memory: `benchmarks.memory` and `benchmarks.growth` start it.

    python -m benchmarks.memory_phase PHASE

PHASE is a `PhaseOfItsOwn` as JSON. Prints what it cost, `Cost`, as JSON.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ballast.anchors import Anchor
from ballast.training.model_phase import ModelPhase
from benchmarks import workload
from benchmarks.measurement import HOME, seconds
from benchmarks.workload import batch_of, finished_importance, phase_settings, step_of


@dataclass(frozen=True)
class PhaseOfItsOwn:
    """What the process is told.

    Attributes:
        model: folder of a checkpoint
        lora: whether an adapter is trained
        settings: changes of `phase_settings`
        anchor: folder to open, or None
        save_to: folder for the anchor that the phase measures, or None
        rows, length: of a step
        steps: how many; the optimizer's state is there from the first one's end on
    """

    model: str
    lora: bool
    settings: Mapping[str, Any]
    anchor: str | None
    save_to: str | None
    rows: int
    length: int
    steps: int


@dataclass(frozen=True)
class Cost:
    """What a phase took.

    Attributes:
        peak_bytes: on a CPU all that the process held at once since the phase began, the program included; on a GPU what
            PyTorch held there
        step_seconds: of each step
    """

    peak_bytes: int
    step_seconds: list[float]


def cost(told: PhaseOfItsOwn) -> Cost:
    """Runs the phase as a run does: the model is opened, the anchor against it, then come the steps."""
    opened = workload.open_folder(Path(told.model), workload.device())
    if told.lora:
        workload.add_lora(opened)
    anchor = None
    if told.anchor is not None:
        anchor = Anchor.load(told.anchor, opened.model)
        anchor.restore(opened.model)
    phase = ModelPhase(opened, phase_settings(**told.settings), anchor)
    times = []
    for number in range(told.steps):
        batch = batch_of(opened, told.rows, told.length, number)
        times.append(seconds(step_of(phase, batch), opened.device)())
    peak = phase.end()["peakMemoryBytes"]
    if told.save_to is not None:
        finished_importance(phase).save(told.save_to)
    return Cost(peak, times)


def of_its_own(told: PhaseOfItsOwn) -> Cost:
    """Runs the phase in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.memory_phase", json.dumps(asdict(told))]
    ran = subprocess.run(command, cwd=HOME / "python-ext", stdout=subprocess.PIPE, check=True)
    return Cost(**json.loads(ran.stdout))


if __name__ == "__main__":
    print(json.dumps(asdict(cost(PhaseOfItsOwn(**json.loads(sys.argv[1]))))))
