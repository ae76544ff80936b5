"""What lm-eval itself says about the first items of a local data file, as one JSON document.

    python lm_eval_reference.py MODEL LIMIT SCORED REQUEST...     REQUEST is TASK=FILE

The tasks are the ones that lm_eval ships, read from its own YAML; only where the rows come from is
replaced, and for the two files that keep lm-eval's processed columns under other names
(hellaswag, arc_easy) the templates that name them. The first LIMIT rows are turned into requests;
metrics are computed on them from log-likelihoods drawn with a fixed seed, ties included, so that
they are neither all right nor all wrong. On the first SCORED rows the model itself is run.

    {TASK: {"items": [{"context", "continuations", "contextIds", "continuationIds", "choices", "target"}],
            "drawn": OUTCOME, "scored": OUTCOME or absent}}
    OUTCOME: {"samples": [{"docHash", "promptHash", "targetHash", "logLikelihoods", "greedy", "metrics"}],
              "results": {...as lm-eval writes them...}, "higherIsBetter", "version", "sampleKeys"}
"""

import contextlib
import json
import os
import random
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
os.environ["DISABLE_MULTIPROC"] = "1"

import lm_eval.tasks
import torch
from lm_eval import evaluator
from lm_eval.api.task import ConfigurableTask
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks._yaml_loader import load_yaml

SHIPPED = Path(lm_eval.tasks.__file__).parent
YAML = {
    "sciq": "sciq/sciq.yaml",
    "piqa": "piqa/piqa.yaml",
    "medmcqa": "medmcqa/medmcqa.yaml",
    "hellaswag": "hellaswag/hellaswag.yaml",
    "arc_easy": "arc/arc_easy.yaml",
    "lambada_openai": "lambada/lambada_openai.yaml",
}
OVERRIDES = {
    "hellaswag": {"process_docs": None, "doc_to_text": "{{ctx}}", "doc_to_choice": "endings"},
    "arc_easy": {"doc_to_choice": "choices", "doc_to_target": "gold"},
}


def local_task(name: str, file: str, cache: str) -> ConfigurableTask:
    config = load_yaml(SHIPPED / YAML[name])
    config.pop("tag", None)
    config |= {
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": {"test": file}, "cache_dir": cache},
        "training_split": None,
        "validation_split": None,
        "test_split": "test",
        **OVERRIDES.get(name, {}),
    }
    return ConfigurableTask(config=config)


def encoded(model: HFLM, context: str, continuation: str) -> tuple[list[int], list[int]]:
    """What TemplateLM.loglikelihood hands to _loglikelihood_tokens."""
    captured = []
    model._loglikelihood_tokens = lambda requests, **_: captured.extend(requests) or [(0.0, False)]
    try:
        request = type("Request", (), {"args": (context, continuation)})
        model.loglikelihood([request], disable_tqdm=True)
    finally:
        del model._loglikelihood_tokens
    (_, context_ids, continuation_ids), = captured
    return context_ids, continuation_ids


def main() -> None:
    # lm-eval prints; standard output is the answer's alone.
    with contextlib.redirect_stdout(sys.stderr):
        answer = reference()
    json.dump(answer, sys.stdout)


def reference() -> dict:
    model_folder, limit, scored, *requests = sys.argv[1:]
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    model = HFLM(pretrained=model_folder, device="cpu", dtype="float32", batch_size=4)
    with tempfile.TemporaryDirectory() as cache:
        tasks = {}
        for request in requests:
            name, file = request.split("=", 1)
            tasks[name] = local_task(name, file, cache)
        answer = {name: {"items": items(model, task, int(limit))} for name, task in tasks.items()}
        if int(scored) > 0:
            add_outcome(answer, "scored", evaluator.evaluate(model, tasks, limit=int(scored), bootstrap_iters=1000))
        model._loglikelihood_tokens = drawn
        add_outcome(answer, "drawn", evaluator.evaluate(model, tasks, limit=int(limit), bootstrap_iters=1000))
    return answer


def drawn(requests: list, **_) -> list[tuple[float, bool]]:
    draw = random.Random(7)
    return [(-draw.randrange(4, 16) / 4, draw.random() < 0.4) for _ in requests]


def items(model: HFLM, task: ConfigurableTask, limit: int) -> list[dict]:
    task.build_all_requests(limit=limit)
    by_document = {}
    for instance in task.instances:
        by_document.setdefault(instance.doc_id, []).append(instance)
    return [described(model, task, instances[0].doc, [each.args for each in instances])
            for _, instances in sorted(by_document.items())]


def described(model: HFLM, task: ConfigurableTask, doc: dict, arguments: list) -> dict:
    ids = [encoded(model, *argument) for argument in arguments]
    return {
        "context": arguments[0][0],
        "continuations": [argument[1] for argument in arguments],
        "contextIds": [each[0] for each in ids],
        "continuationIds": [each[1] for each in ids],
        "choices": task.doc_to_choice(doc) if task.config.doc_to_choice else [],
        "target": str(task.doc_to_target(doc)),
    }


def add_outcome(answer: dict, key: str, outcome: dict) -> None:
    for name, task in answer.items():
        samples = sorted(outcome["samples"][name], key=lambda each: each["doc_id"])
        task[key] = {
            "samples": [scored_sample(sample) for sample in samples],
            "results": outcome["results"][name],
            "higherIsBetter": outcome["higher_is_better"][name],
            "version": str(outcome["versions"][name]),
            "sampleKeys": list(samples[0]),
        }


def scored_sample(sample: dict) -> dict:
    return {
        "docHash": sample["doc_hash"],
        "promptHash": sample["prompt_hash"],
        "targetHash": sample["target_hash"],
        "logLikelihoods": [response[0] for response in sample["filtered_resps"]],
        "greedy": [bool(response[1]) for response in sample["filtered_resps"]],
        "metrics": {metric: float(sample[metric]) for metric in sample["metrics"]},
    }


if __name__ == "__main__":
    main()
