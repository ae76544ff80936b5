"""Times EWC-LoRA's Fisher information against what the path integral adds to training on the same samples.

    python -m benchmarks.importance [--json] [--pairs 9] [--threads 2] [--samples 64] [--length 112] [--batch 8]
        [--shape GPT-J-6B] [--blocks 1] [--shape-samples 32] [--model FOLDER]

Both importances are of the matrices that a LoRA adapter changes (arXiv 2305.10626; the path integral in the effective
space). Rows "added/…" are a variant's time over what the meter adds to a general phase of the same samples, from its
making to the anchor: two phases, with and without it, take each batch one after the other, in turn, and the
differences are summed. Rows "whole/…" count the whole general phase, as if nobody wanted to train on it. Paces are
samples per second, so a ratio is how many times longer the variant takes.

On a CPU: the model in the folder, and a stack of `--blocks` blocks of the shape with a vocabulary of 1,024 in place of
its own, so that it fits. On a GPU: the whole shape. Weights of the shape and all tokens are random, rows of one length.
"""

import copy
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch
from transformers import PretrainedConfig

from ballast.anchors import Anchor
from ballast.importance import PATH_INTEGRAL
from ballast.measurement import Measurement as FisherMeasurement
from ballast.measurement.effective_fisher import BATCHED, RELEASED, RESTRICTED, fisher_kind
from ballast.models import OpenedModel
from ballast.training.model_phase import ModelPhase
from benchmarks import workload
from benchmarks.measurement import (
    Measurement,
    answer,
    arguments,
    at_least_one,
    at_least_two,
    in_turn,
    missing,
    note,
    seconds,
)
from benchmarks.workload import finished_importance, phase_settings, random_slot, targets

GOALS_ON = {
    "cpu": {RELEASED: 20.0, RESTRICTED: 3.0, BATCHED: 1.5},
    "cuda": {RELEASED: 100.0, RESTRICTED: 3.0, BATCHED: 1.5},
}
SMALL_VOCABULARY = 1024

Slot = tuple


def slots(opened: OpenedModel, samples: int, length: int, batch: int) -> list[Slot]:
    """What `Measurement.add` takes, batch by batch."""
    sizes = [min(batch, samples - begin) for begin in range(0, samples, batch)]
    vocabulary = opened.vocabulary_size
    return [(random_slot(rows, length, vocabulary, at), rows, length, False) for at, rows in enumerate(sizes)]


def fisher(opened: OpenedModel, variant: str, batches: Sequence[Slot]) -> Anchor:
    """Of all batches."""
    measurement = FisherMeasurement(opened, fisher_kind(variant), "data", 0)
    for slot in batches:
        measurement.add(*slot)
    return measurement.finish(True, "uniform", "block", "mean")


class GeneralPhases:
    """A general phase with the path integral and one without, on two models of the same frozen weights: the hooks of
    the one would see the other's batches on one model.

    Attributes:
        anchor: what the one with it came to, the last time
    """

    def __init__(self, opened: OpenedModel) -> None:
        frozen = {id(each): each for each in opened.model.parameters() if not each.requires_grad}
        self._models = {None: opened, PATH_INTEGRAL: replace(opened, model=copy.deepcopy(opened.model, frozen))}
        self._seconds: dict[str | None, float] = {}
        self.anchor: Anchor | None = None

    def seconds(self, batches: Sequence[Slot]) -> tuple[float, float]:
        """(without, with it) of one pass over the batches, a step for each; they take turns batch by batch."""
        self._seconds = dict.fromkeys(self._models, 0.0)
        made: dict[str | None, ModelPhase] = {}

        def begin(importance: str | None) -> None:
            settings = phase_settings(importance=importance, space="effective", learningRate=1e-4)
            made[importance] = ModelPhase(self._models[importance], settings, None)

        def step(importance: str | None, slot: Slot) -> None:
            made[importance].forward_backward(*slot, targets(*slot[1:3]))
            made[importance].training.step()

        def end(importance: str | None) -> None:
            if importance is None:
                made[importance].end()
            else:
                self.anchor = finished_importance(made[importance])

        order = list(self._models)
        self._each(order, begin)
        for slot in batches:
            order.reverse()
            self._each(order, step, slot)
        self._each(order, end)
        return self._seconds[None], self._seconds[PATH_INTEGRAL]

    def _each(self, order: Sequence[str | None], action: Callable[..., None], *given: object) -> None:
        for importance in order:
            spent = seconds(lambda importance=importance: action(importance, *given), self._models[None].device)()
            self._seconds[importance] += spent


def rows(name: str, opened: OpenedModel, batches: Sequence[Slot], pairs: int) -> Iterator[Measurement]:
    """Of a model with a LoRA adapter."""
    phases, passes = GeneralPhases(opened), []
    goals = GOALS_ON[opened.device.type]

    def general() -> float:
        passes.append(phases.seconds(batches))
        return passes[-1][1]

    def timed(variant: str) -> Callable[[], float]:
        return seconds(lambda: fisher(opened, variant, batches), opened.device)

    phases.seconds(batches[:1])
    for variant in goals:
        fisher(opened, variant, batches[:1])
    whole, *variants = in_turn(pairs, general, *(timed(variant) for variant in goals))
    added = [with_it - without for without, with_it in passes]
    samples = sum(slot[1] for slot in batches)
    note(
        f"importance of {name}: {samples} samples, a general phase {statistics.median(whole):.3f} s, of which the "
        f"meter adds {statistics.median(added):.4f} s (from {min(added):.4f} to {max(added):.4f} in {pairs} rounds)"
    )
    for variant, spent in zip(goals, variants, strict=True):
        of_the_meter = f"importance/added/{variant}, {name}"
        if statistics.median(added) > 0:
            yield Measurement.paced(of_the_meter, samples, added, spent, "samples/s", goals[variant])
        else:
            missing(of_the_meter, "what the meter adds is less than the noise: take more pairs")
        yield Measurement.paced(f"importance/whole/{variant}, {name}", samples, whole, spent, "samples/s", None)


def shape(name: str, blocks: int | None) -> tuple[str, PretrainedConfig]:
    """(what it is, its configuration); with `blocks` a stack of so many and a small vocabulary."""
    configuration = workload.SHAPES[name]()
    if blocks is None:
        return name, configuration
    whole = configuration.num_hidden_layers
    configuration.num_hidden_layers = blocks
    configuration.vocab_size = SMALL_VOCABULARY
    return f"{blocks} of {whole} blocks of {name}", configuration


def main() -> None:
    parser = arguments(__doc__, pairs=9)
    parser.add_argument("--samples", type=at_least_one, default=64)
    parser.add_argument("--length", type=at_least_two, default=workload.LENGTH, help="tokens of each")
    parser.add_argument("--batch", type=at_least_one, default=workload.ROWS, help="samples of a step")
    parser.add_argument("--shape", choices=list(workload.SHAPES), default="GPT-J-6B")
    parser.add_argument("--blocks", type=at_least_one, help="of the shape; on a CPU 1 by default, on a GPU all")
    parser.add_argument("--shape-samples", type=at_least_one, default=32, help="of the shape, which takes a third of the pairs")
    options = parser.parse_args()
    device = workload.device()
    measured: list[Measurement] = []

    def measure(name: str, opened: OpenedModel, samples: int, pairs: int) -> None:
        if options.threads:
            torch.set_num_threads(options.threads)  # Opening a model chooses them too.
        workload.add_lora(opened)
        measured.extend(rows(name, opened, slots(opened, samples, options.length, options.batch), pairs))

    if options.model.is_dir():
        opened = workload.open_folder(options.model, device)
        measure(options.model.name, opened, options.samples, options.pairs)
        del opened
    else:
        missing("importance of a checkpoint", f"there is no folder {options.model}")
    blocks = options.blocks or (1 if device.type == "cpu" else None)
    name, configuration = shape(options.shape, blocks)
    if device.type != "cuda":
        goals = ", ".join(f"added/{variant} ≥ {goal:g}" for variant, goal in GOALS_ON["cuda"].items())
        missing(f"importance of the whole {options.shape} on a GPU ({goals})", workload.NO_GPU)
    opened = workload.random_model(configuration, device)
    measure(name, opened, options.shape_samples, -(-options.pairs // 3))
    answer(measured, options.json)


if __name__ == "__main__":
    main()
