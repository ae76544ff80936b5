"""Times the variants of ewc-lora's Fisher information, and the effective path integral, on the same documents.

    python -m benchmarks.ewc_lora MODEL_FOLDER TEXT_JSONL [--documents 64] [--tokens 800] [--batch 8]

Rows are lines of {"text": …}, each cut at --tokens. Every round takes each variant once, in turn; printed are the
median CPU seconds with their range (with one thread that is the time on an idle machine, and steady on a busy one), the
ratio to "released" (the median of the rounds' own ratios), and what each holds at the end.
For the path integral it is the time that it adds to a general phase: training with it less training without it.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path

import numpy
import torch

from ballast import adapters
from ballast.effective_fisher import VARIANTS, fisher_kind
from ballast.measurement import Measurement
from ballast.model_phase import ModelPhase

SETTINGS = {
    "steps": 1000, "learningRate": 1e-4, "schedule": "constant", "warmupSteps": 0, "weightDecay": 0.0, "clipNorm": 1.0,
    "seed": 5, "importance": None, "method": "none", "options": {}, "lambda": None, "form": "gradient", "anchor": 0,
    "space": "effective", "layerCoefficients": "scaled", "layers": "block", "normalize": "mean", "permute": False,
}  # fmt: skip


def slots(documents: list[list[int]], batch: int) -> list[tuple[numpy.ndarray, int, int, bool]]:
    """As Java lays them out: four planes of [rows, length]."""
    made = []
    for begin in range(0, len(documents), batch):
        rows = documents[begin : begin + batch]
        length = max(map(len, rows))
        planes = numpy.zeros((4, len(rows), length), dtype=numpy.int64)
        planes[1] = -100
        for row, ids in enumerate(rows):
            planes[0, row, : len(ids)] = ids
            planes[1, row, : len(ids) - 1] = ids[1:]
            planes[2, row, : len(ids)] = range(len(ids))
            planes[3, row, : len(ids)] = 1
        made.append((planes.reshape(-1), len(rows), length, False))
    return made


def measure(opened, variant: str, batches) -> tuple[float, int]:
    """(CPU seconds, bytes of F)."""
    started = time.process_time()
    measurement = Measurement(opened, fisher_kind(variant), "data", 0)
    for batch in batches:
        measurement.add(*batch)
    anchor = measurement.finish(True, "uniform", "block", "mean")
    return time.process_time() - started, sum(tensor.nbytes for tensor in anchor.importance.values())


def train(opened, importance: str | None, batches) -> tuple[float, int]:
    """(CPU seconds of a step for each batch, bytes of Ω)."""
    started = time.process_time()
    phase = ModelPhase(opened, SETTINGS | {"importance": importance}, None)
    for batch in batches:
        targets = int((batch[0].reshape(4, -1)[1] != -100).sum())
        phase.forward_backward(*batch, targets)
        phase.training.step()
    phase.end()
    if importance is None:
        return time.process_time() - started, 0
    anchor = phase.finish_importance(1.0, True, "start", "scaled", "block", "mean")
    return time.process_time() - started, sum(tensor.nbytes for tensor in anchor.importance.values())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("model")
    arguments.add_argument("text")
    arguments.add_argument("--documents", type=int, default=64)
    arguments.add_argument("--tokens", type=int, default=800)
    arguments.add_argument("--batch", type=int, default=8)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=1)
    options = arguments.parse_args()
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(options.model)
    lines = Path(options.text).read_text(encoding="utf-8").splitlines()[: options.documents]
    documents = [tokenizer(json.loads(line)["text"]).input_ids[: options.tokens] for line in lines]
    documents.sort(key=len)  # Rows of about one length share a batch in a run too.
    opened = adapters.open_model(options.model, "float32", "cpu", False, 0)
    torch.set_num_threads(options.threads)
    adapters.add_lora(opened, 8, 16.0, 0.0, ["q_proj", "v_proj"], 0)
    batches = slots(documents, options.batch)
    runs = {variant: lambda variant=variant: measure(opened, variant, batches) for variant in VARIANTS}
    runs["general phase"] = lambda: train(opened, None, batches)
    runs["with path integral"] = lambda: train(opened, "path_integral", batches)
    measure(opened, VARIANTS[1], batches[:1])
    seconds = {name: [] for name in runs}
    held = {}
    for _ in range(options.rounds):
        for name, run in runs.items():
            spent, held[name] = run()
            seconds[name].append(spent)
    pairs = zip(seconds["with path integral"], seconds["general phase"], strict=True)
    added = [with_it - without for with_it, without in pairs]
    seconds["path integral adds"], held["path integral adds"] = added, held["with path integral"]
    tokens = sum(map(len, documents))
    model_bytes = sum(parameter.nbytes for parameter in opened.model.parameters())
    print(
        f"{len(documents)} documents, {tokens} tokens, batches of {options.batch}, {torch.get_num_threads()} thread(s), "
        f"load {os.getloadavg()[0]:.1f}"
    )
    for name, times in seconds.items():
        ratios = [released / each for released, each in zip(seconds[VARIANTS[0]], times, strict=True)]
        print(
            f"{name:20s} median {statistics.median(times):7.3f} s, {min(times):.3f} to {max(times):.3f}; released "
            f"takes {statistics.median(ratios):6.2f} times that; {held[name]:,} bytes, "
            f"{100 * held[name] / model_bytes:.1f} % of the model"
        )


if __name__ == "__main__":
    main()
