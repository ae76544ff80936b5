"""lm-eval beside Ballast in `ballast bench eval`: makes a task's token rows, scores them, and says how long that took.

    python -m benchmarks.lm_eval_rows MODEL DATA_DIR BATCH_SIZE

Reads one JSON document a line and answers with one: `{"task", "shots", "items", "maxLength", "rows": FILE}` builds the
task from the YAML that lm-eval ships, scores its first items once, each row cut to `maxLength` tokens (0: what the
model reads at once), and writes the token rows and lm-eval's answers to FILE;
`{"again": true}` scores the same rows once more; `{"task", "items", "folder": FOLDER}` scores nothing and writes a task file
`bench_TASK.yaml` with its data to FOLDER, for the whole commands. All answer `{"items", "seconds", "cpuSeconds"}`; `{"missing": REASON}` where the
task's data are not in DATA_DIR. Timed is what `HFLM._loglikelihood_tokens` does: from token ids to log-likelihoods,
batching included, without loading the model, reading and rendering items, tokenization and metrics.

Only where rows come from is replaced in a task, and for files that keep lm-eval's processed columns under other names
the templates that name them. Examples are the first of the file, the same for all items, and no items themselves.
"""

import itertools
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
os.environ["DISABLE_MULTIPROC"] = "1"

import lm_eval.tasks  # noqa: E402
import yaml  # noqa: E402
from lm_eval.api.task import ConfigurableTask  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402
from lm_eval.tasks._yaml_loader import load_yaml  # noqa: E402

from benchmarks.questions import answer_each  # noqa: E402

SHIPPED = Path(lm_eval.tasks.__file__).parent
# YAML in lm-eval, data file, what is replaced.
TASKS = {
    "sciq": ("sciq/sciq.yaml", "sciq/test.jsonl", {}),
    "piqa": ("piqa/piqa.yaml", "piqa/validation.jsonl", {}),
    "medmcqa": ("medmcqa/medmcqa.yaml", "medmcqa/test.jsonl", {}),
    "hellaswag": (
        "hellaswag/hellaswag.yaml",
        "general/hellaswag.jsonl",
        {"process_docs": None, "doc_to_text": "{{ctx}}", "doc_to_choice": "endings"},
    ),
    "arc_easy": (
        "arc/arc_easy.yaml",
        "general/arc_easy.jsonl",
        {"doc_to_choice": "choices", "doc_to_target": "gold"},
    ),
    "lambada_openai": ("lambada/lambada_openai.yaml", "general/lambada_openai.jsonl", {}),
    "wikitext": ("wikitext/wikitext.yaml", "general/wikitext2_test.txt", {"doc_to_target": "{{page}}"}),
}
TITLE = re.compile(r"(?m)^ = [^=\n]+ = $")


class Timed(HFLM):
    """Keeps what it was asked for and how long the answers took."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.items = 0
        self.forget()

    def _loglikelihood_tokens(self, requests, disable_tqdm=False, override_bs=None):
        started, cpu_started = time.perf_counter(), time.process_time()
        answers = super()._loglikelihood_tokens(requests, True, override_bs)
        self.seconds += time.perf_counter() - started
        self.cpu_seconds += time.process_time() - cpu_started
        self.calls.append((requests, override_bs))
        self.answers.extend(answers)
        return answers

    def again(self) -> None:
        calls = self.calls
        self.forget()
        for requests, override_bs in calls:
            self._loglikelihood_tokens(requests, True, override_bs)

    def forget(self) -> None:
        self.calls, self.answers, self.seconds, self.cpu_seconds = [], [], 0.0, 0.0

    def described(self) -> dict:
        return {"items": self.items, "seconds": self.seconds, "cpuSeconds": self.cpu_seconds}


def documents(file: Path) -> list[dict]:
    """The rows of a JSON Lines file, or the pages of a WikiText file."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines() if line]
    starts = [match.start() for match in TITLE.finditer(text)] + [len(text)]
    return [{"page": text[start:end]} for start, end in itertools.pairwise(starts)]


def build(name: str, file: Path, shots: int, items: int, folder: str) -> ConfigurableTask:
    rows = documents(file)
    splits = {"fewshot": rows[:shots], "test": rows[shots : shots + items]}
    files = {}
    for split, part in splits.items():
        if part:
            files[split] = str(Path(folder) / f"{name}-{shots}-{split}.jsonl")
            Path(files[split]).write_text("".join(json.dumps(row) + "\n" for row in part), encoding="utf-8")
    config = load_yaml(SHIPPED / TASKS[name][0])
    config.pop("tag", None)
    config |= {
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": files, "cache_dir": folder},
        "training_split": None,
        "validation_split": None,
        "test_split": "test",
        **TASKS[name][2],
    }
    if shots:
        config |= {"fewshot_split": "fewshot", "fewshot_config": {"sampler": "first_n"}, "num_fewshot": shots}
    task = ConfigurableTask(config=config)
    task.build_all_requests(limit=items)
    return task


def write_task(name: str, file: Path, items: int, folder: Path) -> int:
    """How many items it has."""
    rows = documents(file)[:items]
    data = folder / f"{name}.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    config = {
        "include": str(SHIPPED / TASKS[name][0]),
        "task": f"bench_{name}",
        "tag": [],
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "training_split": None,
        "validation_split": None,
        "fewshot_split": None,
        "test_split": "test",
        **TASKS[name][2],
    }
    (folder / f"bench_{name}.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return len(rows)


def write_rows(model: Timed, file: str) -> None:
    """One JSON document a row: what lm-eval reads of it after cutting on the left."""
    rows = [request for requests, _ in model.calls for request in requests]
    with open(file, "w", encoding="utf-8") as lines:
        for (_, context, continuation), (log_likelihood, greedy) in zip(rows, model.answers, strict=True):
            ids = (list(context) + list(continuation))[-(model.max_length + 1) :]
            row = {"ids": ids, "targetStart": len(ids) - len(continuation)}
            lines.write(json.dumps(row | {"logLikelihood": log_likelihood, "greedy": bool(greedy)}) + "\n")


def answer(model: Timed, data: Path, folder: str, question: dict) -> dict:
    if question.get("again"):
        model.again()
        return model.described()
    file = data / TASKS[question["task"]][1]
    if not file.is_file():
        return {"missing": f"no file {file}"}
    if "folder" in question:
        return {"items": write_task(question["task"], file, question["items"], Path(question["folder"]))}
    task = build(question["task"], file, question["shots"], question["items"], folder)
    model.forget()
    model._max_length = question["maxLength"] or None
    getattr(model, task.instances[0].request_type)(task.instances)
    write_rows(model, question["rows"])
    model.items = len({instance.doc_id for instance in task.instances})
    return model.described()


def main() -> None:
    folder, data, batch_size = sys.argv[1:]
    with tempfile.TemporaryDirectory() as cache:

        def load():
            model = Timed(pretrained=folder, device="cpu", dtype="float32", batch_size=int(batch_size))
            return lambda question: answer(model, Path(data), cache, question)

        answer_each(load)


if __name__ == "__main__":
    main()
