"""Two phases on one rank after another number of ranks, whose first rank each time writes what came of them.

`python tests/ranked_training.py MODELS JOBS`, with JOBS a JSON list of {"ranks", "output": a folder, "cases"}, cases by
name: "model", "adapter" (LoRA or none), "general" and "domain" (settings of phases), "steps" of each, and where the
domain phase goes on in its middle "load" (the output of a case that was run before), with "async" if its state is
written while it goes on. Ranks are forked, so that the libraries are imported once.
"""

import json
import os
import sys
from pathlib import Path

import numpy
import torch
import torch.distributed.checkpoint
import transformers.models.gpt2.modeling_gpt2
import transformers.models.llama.modeling_llama  # noqa: F401
from phases import SETTINGS
from torch.distributed.elastic.utils.distributed import get_free_port
from torch.multiprocessing import start_processes

from ballast import Anchor, adapters, ranks
from ballast.forward import scoring
from ballast.forward.batches import read_slot
from ballast.importance import PATH_INTEGRAL
from ballast.kernels import shards
from ballast.models import sharding
from ballast.training import phase_state
from ballast.training.model_phase import ModelPhase

ROWS, LENGTH, MICRO_BATCHES = 3, 11, 2


def micro_batches(seed: int, step: int, vocabulary: int):
    """Of one step, this rank's rows of each, and the targets of all: 3 rows are no multiple of the ranks."""
    generator = torch.Generator().manual_seed(1000 * seed + step)
    for _ in range(MICRO_BATCHES):
        ids = torch.randint(3, vocabulary, (ROWS, LENGTH), generator=generator)
        planes = torch.stack([ids, ids.roll(-1, 1), torch.arange(LENGTH).expand(ROWS, -1), torch.ones_like(ids)])
        planes[1, :, -1] = -100
        own = planes[:, ROWS * ranks.rank() // ranks.size() : ROWS * (ranks.rank() + 1) // ranks.size()]
        if own.shape[1] == 0:
            own = torch.tensor([0, -100, 0, 0])[:, None, None]
        yield numpy.ascontiguousarray(own.reshape(-1).numpy()), own.shape[1], own.shape[2], False


def run(phase: ModelPhase, opened, seed: int, first: int, steps: int) -> list[dict]:
    targets = MICRO_BATCHES * ROWS * (LENGTH - 1)
    said = []
    for step in range(first, first + steps):
        for slot in micro_batches(seed, step, opened.vocabulary_size):
            phase.forward_backward(*slot, targets)
        phase.training.step()
        said.append(phase.training.progress())
    return said


def run_case(models_folder: Path, out: Path, case: dict) -> None:
    opened = adapters.open_model(
        str(models_folder / case["model"]), case.get("dtype", "float32"), "cpu", case.get("checkpointing", False), 0,
        to_shard=True,
    )  # fmt: skip
    opened_on = {parameter.device.type for parameter in opened.model.parameters()}
    if case.get("adapter"):
        names = ("rank", "alpha", "dropout", "targets", "preserved")
        lora = adapters.AdapterSettings("lora", **dict.fromkeys(names) | {"rank": 2, "alpha": 4.0, "dropout": 0.0})
        adapters.add_adapter(opened, lora, 4, None)
    sharding.shard(opened, offload=False)
    half, saving = case["steps"] // 2, None
    if "load" in case:
        anchor = Anchor.load(Path(case["load"]) / "anchor", opened.model)
        anchor.restore(opened.model)
        said = []
    else:
        general = ModelPhase(opened, SETTINGS | {"importance": PATH_INTEGRAL} | case["general"], None)
        said = run(general, opened, 1, 0, case["steps"])
        general.end()
        anchor = general.finish_importance(1.0, True, "end", "scaled", "block", "mean")
        anchor.save(out / "anchor")
    domain = ModelPhase(opened, SETTINGS | {"method": "hierarchical"} | case["domain"], anchor)
    if "load" in case:
        phase_state.load_phase(opened, domain, Path(case["load"]) / "phase")
    else:
        said += run(domain, opened, 2, 0, half)
        save = phase_state.save_phase_async if case.get("async") else phase_state.save_phase
        saving = save(opened, domain, out / "phase")
    said += run(domain, opened, 2, half, case["steps"] - half)
    if saving is not None:
        saving.result()
    domain.end()
    opened.save(out / "model")
    sharding.begin_apart(opened)  # Another number of passes on each rank.
    nats = [whole_nats(opened, step) for step in range(12) if step % ranks.size() == ranks.rank()]
    sharding.end_apart(opened)
    own = {"rank": ranks.rank(), "nats": sum(nats), "größe": "ä" * ranks.rank(), "opened on": sorted(opened_on)}
    texts = ranks.all_texts(json.dumps(own))
    if ranks.is_first():
        cut = sum(shards.is_sharded(parameter) for parameter in opened.model.parameters())
        told = {"said": said, "texts": [json.loads(text) for text in texts], "cut": cut}
        (out / "said.json").write_text(json.dumps(told), encoding="utf-8")


def whole_nats(opened, step: int) -> float:
    ids = torch.randint(3, opened.vocabulary_size, (1, LENGTH), generator=torch.Generator().manual_seed(step))
    planes = torch.stack([ids, ids.roll(-1, 1), torch.arange(LENGTH)[None], torch.ones_like(ids)])
    planes[1, :, -1] = -100
    slot = planes.reshape(-1).numpy()
    batch = read_slot(slot, 1, LENGTH, False, opened.vocabulary_size, opened.device)
    return scoring.mean_loss(opened, batch)[0]


def run_rank(rank: int, size: int, port: int, models_folder: Path, job: dict) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(size), "MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}
    ranks.start()
    torch.set_num_threads(1)
    for name, each in job["cases"].items():
        run_case(models_folder, Path(job["output"]) / name, each)


if __name__ == "__main__":
    models_folder = Path(sys.argv[1])
    for job in json.loads(sys.argv[2]):
        size = job["ranks"]
        start_processes(run_rank, (size, get_free_port(), models_folder, job), size, start_method="fork")
