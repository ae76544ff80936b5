"""One of several ranks that train a model together: `benchmarks.scale` starts them.

    python -m benchmarks.scale_ranks RANKED

RANKED is a `Ranked` as JSON. The first rank prints a JSON object: for each variant "seconds" (of its steps), "peak" (bytes
of the rank that holds most, without the program's own, but with an anchor) and "sent" (bytes that this rank sends in a step: "gradients", "parameters", "sums", "all").
"""

import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ballast import memory, models, ranks
from ballast.kernels import shards
from ballast.models import sharding
from ballast.training.model_phase import ModelPhase
from benchmarks.measurement import in_turn
from benchmarks.train import VARIANTS as TRAINED
from benchmarks.train import anchor_of
from benchmarks.workload import phase_settings, random_slot, step_of, targets

PLAIN = "plain"
VARIANTS = tuple(TRAINED)
SENDS = {
    "_reduce_scatter_base_": "gradients",
    "reduce_scatter_": "gradients",
    "_allgather_base_": "parameters",
    "allgather_": "parameters",
    "allreduce_": "sums",
}


@dataclass(frozen=True)
class Ranked:
    """What the ranks are told.

    Attributes:
        model: folder of a checkpoint
        rows, length: of a step, all ranks together
        pairs: how often each variant's step is timed
        threads: of each rank; None: the machine's cores over its ranks
    """

    model: str
    rows: int
    length: int
    pairs: int
    threads: int | None


class Traffic(TorchDispatchMode):
    """Counts what this rank sends inside, in bytes by kind."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: Counter[str] = Counter()

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        name = function.name().removeprefix("c10d::").partition(".")[0] if "c10d" in function.name() else ""
        if name in SENDS:
            # The largest of the tensors of a call is what all ranks together hold of it.
            size = max(leaf.nbytes for leaf in tree_leaves(arguments) if isinstance(leaf, Tensor))
            share = size * (ranks.size() - 1) // ranks.size()
            self.sent[SENDS[name]] += 2 * share if SENDS[name] == "sums" else share
        return function(*arguments, **(keywords or {}))


def main(told: Ranked) -> None:
    ranks.start()
    opened = models.open_model(told.model, "float32", "auto", False, 0, to_shard=True)
    torch.set_num_threads(told.threads or max(1, (os.cpu_count() or 1) // ranks.size()))
    sharding.shard(opened, offload=False)
    parts = sum(shards.local(parameter).nbytes for parameter in opened.model.parameters())
    program = memory.snapshot()["residentBytes"] - parts  # With all that opening a model imports.
    own = told.rows * (ranks.rank() + 1) // ranks.size() - told.rows * ranks.rank() // ranks.size()
    slot = random_slot(own, told.length, opened.vocabulary_size, ranks.rank())
    batch = (slot, own, told.length, False, targets(told.rows, told.length))
    anchor = anchor_of(opened, batch)
    phases = {PLAIN: ModelPhase(opened, phase_settings(), None)}
    phases |= {name: ModelPhase(opened, phase_settings(**settings), anchor) for name, settings in TRAINED.items()}
    runs = [lambda phase=phase: timed(phase, batch) for phase in phases.values()]
    in_turn(1, *runs)
    times = in_turn(told.pairs, *runs)
    said = {}
    for (name, phase), seconds in zip(phases.items(), times, strict=True):
        said[name] = {"seconds": seconds} | counted(phase, batch)
    for phase in phases.values():
        phase.end()
    for name, settings in ({PLAIN: {}} | TRAINED).items():
        said[name]["peak"] = peak(opened, settings, anchor, batch) - program
    if ranks.is_first():
        print(json.dumps(said))


def timed(phase: ModelPhase, batch: tuple) -> float:
    """Seconds until all ranks have made a step."""
    ranks.any_of(False)
    started = time.perf_counter()
    step_of(phase, batch)()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    ranks.any_of(False)
    return time.perf_counter() - started


def counted(phase: ModelPhase, batch: tuple) -> dict[str, Any]:
    with Traffic() as traffic:
        step_of(phase, batch)()
    kinds = {kind: traffic.sent[kind] for kind in ("gradients", "parameters", "sums")}
    return {"sent": kinds | {"all": sum(kinds.values())}}


def peak(opened: models.OpenedModel, settings: dict, anchor, batch: tuple) -> int:
    """Bytes of the rank that holds most while a phase of its own makes two steps."""
    phase = ModelPhase(opened, phase_settings(**settings), anchor if "method" in settings else None)
    for _ in range(2):
        step_of(phase, batch)()
    held = torch.tensor(phase.end()["peakMemoryBytes"])
    return int(ranks.most(held))


if __name__ == "__main__":
    main(Ranked(**json.loads(sys.argv[1])))
