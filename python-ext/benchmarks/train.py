"""Times a whole training step with importance and with a penalty against a plain one, in turn.

    python -m benchmarks.train [--json] [--pairs 9] [--threads 2] [--rows 8] [--length 112] [--model FOLDER]

Timed is forward, backward and optimizer step of a `ModelPhase`, full fine-tuning in fp32, as a run takes them; the
phases share one model and take the same batches. "train/compiled" is a plain step with blocks that torch.compile has
compiled (`model.compile`), against the plain one, where the compiler works; it has no goal. The models are the one in the folder, and one of the
shape of GPT-2 with 124 million parameters and random weights, whose steps take seconds: a third of the pairs. Rows are
whole, so no step has fewer tokens than its shape says.
"""

import gc
import math
from collections.abc import Iterator, Mapping
from functools import partial

import torch

from ballast.anchors import Anchor
from ballast.importance import PATH_INTEGRAL
from ballast.models import OpenedModel, compilation
from ballast.retention.penalty import GRADIENT, PROXIMAL
from ballast.training.model_phase import ModelPhase
from benchmarks import workload
from benchmarks.measurement import (
    Measurement,
    answer,
    arguments,
    at_least_one,
    at_least_two,
    attempted,
    in_turn,
    missing,
    seconds,
)
from benchmarks.workload import batch_of, finished_importance, phase_settings, step_of

GOAL = 1.03
WARM_UP = 1

HELD = {"method": "hierarchical", "strength": None}
VARIANTS = {
    "importance": {"importance": PATH_INTEGRAL},
    "penalty proximal": HELD | {"form": PROXIMAL},
    "penalty gradient": HELD | {"form": GRADIENT},
}


def anchor_of(opened: OpenedModel, batch: tuple) -> Anchor:
    """Of a general phase of two steps: the fewest after which Ω differs from g² over its damping."""
    phase = ModelPhase(opened, phase_settings(importance=PATH_INTEGRAL), None)
    for _ in range(2):
        step_of(phase, batch)()
    return finished_importance(phase)


def phases(opened: OpenedModel, batch: tuple) -> Mapping[str, ModelPhase]:
    """The plain one first, then the others by name, all of one model."""
    anchor = anchor_of(opened, batch)
    plain = {"plain": ModelPhase(opened, phase_settings(), None)}
    return plain | {name: ModelPhase(opened, phase_settings(**each), anchor) for name, each in VARIANTS.items()}


def rows_of(name: str, opened: OpenedModel, batch: tuple, pairs: int) -> Iterator[Measurement]:
    runs = [seconds(step_of(phase, batch), opened.device) for phase in phases(opened, batch).values()]
    in_turn(WARM_UP, *runs)
    plain, *others = [[1e3 * run for run in side] for side in in_turn(pairs, *runs)]
    for variant, milliseconds in zip(VARIANTS, others, strict=True):
        yield Measurement.compared(f"train/{variant}, {name}", milliseconds, plain, "ms", GOAL)
    yield from attempted(f"train/compiled, {name}", lambda: compiled(name, opened, batch, pairs))


def compiled(name: str, opened: OpenedModel, batch: tuple, pairs: int) -> Measurement:
    step = step_of(ModelPhase(opened, phase_settings(), None), batch)
    compilation.compile_blocks(opened)

    def run_with(blocks: list) -> None:
        opened.compiled = blocks
        step()

    sides = [seconds(partial(run_with, blocks), opened.device) for blocks in (opened.compiled, [])]
    in_turn(WARM_UP, *sides)
    ours, theirs = ([1e3 * run for run in side] for side in in_turn(pairs, *sides))
    return Measurement.compared(f"train/compiled, {name}", ours, theirs, "ms", None)


def main() -> None:
    parser = arguments(__doc__, pairs=9)
    parser.add_argument("--rows", type=at_least_one, default=workload.ROWS)
    parser.add_argument("--length", type=at_least_two, default=workload.LENGTH)
    options = parser.parse_args()
    device = workload.device()
    large = "GPT-2-124M"
    models = [(large, lambda: workload.random_model(workload.SHAPES[large](), device), math.ceil(options.pairs / 3))]
    if options.model.is_dir():
        models.insert(0, (options.model.name, lambda: workload.open_folder(options.model, device), options.pairs))
    else:
        missing("train of a checkpoint", f"there is no folder {options.model}")
    measured = []
    for name, opened, pairs in models:
        model = opened()
        if options.threads:
            torch.set_num_threads(options.threads)  # Opening a model chooses them too.
        measured += rows_of(name, model, batch_of(model, options.rows, options.length), pairs)
        del model
        gc.collect()
    answer(measured, options.json)


if __name__ == "__main__":
    main()
