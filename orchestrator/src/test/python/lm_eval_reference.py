"""What lm-eval itself says about the first documents of local data files, as one JSON document.

    python lm_eval_reference.py < JOBS

JOBS is a list of {"name", "file": a task file, "data", "pool": file of examples or null, "shots", "model",
"maxLength"}; the document has {name: {"samples": as lm-eval logs them, "results", "higherIsBetter", "version",
"shots"}}. Only where the rows come from is replaced in a task.
"""

import contextlib
import json
import os
import sys
import tempfile

os.environ |= {
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "DISABLE_MULTIPROC": "1",  # A pool of processes for the bootstrap would take longer to start than to draw.
}

import torch
from lm_eval import evaluator
from lm_eval.api.task import ConfigurableTask
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks._yaml_loader import load_yaml


def local_task(job: dict, cache: str) -> ConfigurableTask:
    config = load_yaml(job["file"])
    for key in ("tag", "training_split", "validation_split", "fewshot_split", "dataset_name"):
        config.pop(key, None)
    files = {"test": job["data"]} | ({"train": job["pool"]} if job["pool"] else {})
    config |= {
        "task": job["name"],
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": files, "cache_dir": cache},
        "test_split": "test",
        "num_fewshot": job["shots"],
    }
    if job["shots"]:
        config["fewshot_split"] = "train" if job["pool"] else "test"
    return ConfigurableTask(config=config)


def answers(jobs: list[dict]) -> dict:
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    found = {}
    models = {}
    with tempfile.TemporaryDirectory() as cache:
        for job in jobs:
            key = (job["model"], job["maxLength"])
            if key not in models:
                models[key] = HFLM(
                    pretrained=job["model"], device="cpu", dtype="float32", batch_size=1, max_length=job["maxLength"]
                )
            task = local_task(job, cache)
            task.set_fewshot_seed(1234)
            outcome = evaluator.evaluate(
                models[key], {job["name"]: task}, limit=job["limit"], bootstrap_iters=job["draws"]
            )
            found[job["name"]] = {
                "samples": outcome["samples"][job["name"]],
                "results": outcome["results"][job["name"]],
                "higherIsBetter": outcome["higher_is_better"][job["name"]],
                "version": outcome["versions"][job["name"]],
                "shots": outcome["n-shot"][job["name"]],
            }
    return found


if __name__ == "__main__":
    # lm-eval prints; standard output is the answer's alone.
    with contextlib.redirect_stdout(sys.stderr):
        answer = answers(json.load(sys.stdin))
    json.dump(answer, sys.stdout, default=str)
