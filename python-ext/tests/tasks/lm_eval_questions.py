"""What lm-eval itself asks: run in a process of its own, so that its imports and warnings stay there.

Reads {"task": {"file", "rows", "shots", "pool"}} from standard input; writes for each task and row
[[arguments of each request], target].
"""

import json
import sys
import tempfile
from pathlib import Path

from lm_eval.api.task import ConfigurableTask
from lm_eval.tasks._yaml_loader import load_yaml

SPLITS = ("training_split", "validation_split", "test_split")


def dataset(folder: Path, name: str, rows: list) -> str:
    file = folder / f"{name}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(file)


def questions(job: dict, folder: Path) -> list:
    config = load_yaml(job["file"])
    for key in ("tag", "group", "task_list", "dataset_name", *SPLITS):
        config.pop(key, None)
    files = {"test": dataset(folder, "test", job["rows"])}
    config |= {"dataset_path": "json", "test_split": "test"}
    if job["pool"] is not None:
        files["train"] = dataset(folder, "train", job["pool"])
        config["fewshot_split"] = "train"
    elif job["shots"] and "samples" not in (config.get("fewshot_config") or {}):
        config["fewshot_split"] = "test"  # Else lm-eval draws from it too, and may draw the question itself.
    task = ConfigurableTask(config=config | {"dataset_kwargs": {"data_files": files, "cache_dir": str(folder)}})
    task.set_fewshot_seed(1234)
    asked = []
    for doc in task.eval_docs:
        context = task.fewshot_context(doc, job["shots"], gen_prefix=task.doc_to_prefix(doc))
        requests = task.construct_requests(doc, context, metadata=(None, 0, 1))
        requests = requests if isinstance(requests, list) else [requests]
        arguments = [[each for each in request.arguments if isinstance(each, str)] for request in requests]
        asked.append([arguments, str(task.doc_to_target(doc))])
    return asked


if __name__ == "__main__":
    answers = {}
    for name, job in json.load(sys.stdin).items():
        with tempfile.TemporaryDirectory() as folder:
            answers[name] = questions(job, Path(folder))
    sys.stdout.write("\n" + json.dumps(answers))
