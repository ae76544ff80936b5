"""One phase in a process of its own, for its peak of memory: `benchmarks.memory` starts it.

    python -m benchmarks.memory_phase PHASE

PHASE is a `PhaseOfItsOwn` as JSON. Prints the phase's peak in bytes: on a CPU all that the process held at once since
the phase began, the program included; on a GPU what PyTorch held there.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ballast.anchor import Anchor
from ballast.model_phase import ModelPhase
from benchmarks import workload
from benchmarks.workload import finished_importance, phase_settings, random_slot, targets


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


def peak_bytes(told: PhaseOfItsOwn) -> int:
    """Runs the phase as a run does: the model is opened, the anchor against it, then come the steps."""
    opened = workload.open_folder(Path(told.model), workload.device())
    if told.lora:
        workload.add_lora(opened)
    anchor = None
    if told.anchor is not None:
        anchor = Anchor.open(told.anchor, opened.model)
        anchor.restore(opened.model)
    phase = ModelPhase(opened, phase_settings(**told.settings), anchor)
    for number in range(told.steps):
        slot = random_slot(told.rows, told.length, opened.vocabulary_size, number)
        phase.forward_backward(slot, told.rows, told.length, False, targets(told.rows, told.length))
        phase.training.step()
    peak = phase.end()["peakMemoryBytes"]
    if told.save_to is not None:
        finished_importance(phase).save(told.save_to)
    return peak


if __name__ == "__main__":
    print(peak_bytes(PhaseOfItsOwn(**json.loads(sys.argv[1]))))
