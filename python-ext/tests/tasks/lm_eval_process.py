"""lm-eval itself, in a process of its own, so that its imports and warnings stay there.

Reads a request a line, {"ask": name of a function below, …its arguments}, and answers each with a line of JSON.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["DISABLE_MULTIPROC"] = "1"  # A pool of processes takes longer to start than a bootstrap to draw.

import datasets
from lm_eval.api.instance import Instance
from lm_eval.api.metrics import bootstrap_stderr, exact_match_hf_evaluate, stderr_for_metric
from lm_eval.api.registry import (
    AGGREGATION_REGISTRY,
    DEFAULT_METRIC_REGISTRY,
    get_metric_aggregation,
    is_higher_better,
)
from lm_eval.api.task import ConfigurableTask, TaskConfig
from lm_eval.filters import build_filter_ensemble
from lm_eval.tasks import TaskManager
from lm_eval.tasks._yaml_loader import load_yaml
from lm_eval.utils import handle_non_serializable, hash_string


def opened(file: str, splits: dict[str, list], changes: dict, folder: Path) -> ConfigurableTask:
    config = load_yaml(file)
    for key in ("tag", "group", "task_list", "dataset_name"):
        config.pop(key, None)
    files = {}
    for split, rows in splits.items():
        files[split] = str(folder / f"{split}.jsonl")
        Path(files[split]).write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = {"dataset_path": "json", "dataset_kwargs": {"data_files": files, "cache_dir": str(folder)}}
    return ConfigurableTask(config=config | data | changes)


def questions(file: str, splits: dict[str, list], changes: dict, shots: int) -> dict:
    """What is asked about each row of the split that is evaluated, and what lm-eval's results say of the task."""
    with tempfile.TemporaryDirectory() as folder:
        task = opened(file, splits, changes, Path(folder))
        task.set_fewshot_seed(1234)
        asked = [question(task, doc, shots) for doc in task.eval_docs]
        return {"asked": asked, "version": task.VERSION, "config": task.dump_config()}


def question(task: ConfigurableTask, doc: dict, shots: int) -> dict:
    context = task.fewshot_context(doc, shots, gen_prefix=task.doc_to_prefix(doc))
    requests = task.construct_requests(doc, context, metadata=(None, 0, 1))
    requests = requests if isinstance(requests, list) else [requests]
    target = task.doc_to_target(doc)
    written = json.dumps(requests[0].doc, indent=2, default=handle_non_serializable, ensure_ascii=False)
    return {
        "arguments": [[each for each in request.arguments if isinstance(each, str)] for request in requests],
        "target": str(target),
        "docHash": hash_string(written),
        "promptHash": hash_string(requests[0].arguments[0]),
        "targetHash": hash_string(str(target)),
        "gold": gold(task, doc, len(requests)) if task.OUTPUT_TYPE == "multiple_choice" else [],
    }


def gold(task: ConfigurableTask, doc: dict, count: int) -> list[int]:
    """The choices that are right: a model that is sure of one of them scores."""
    sure = [[(0.0 if i == chosen else -9.0, False) for i in range(count)] for chosen in range(count)]
    return [chosen for chosen in range(count) if task.process_results(doc, sure[chosen])["acc"] == 1.0]


def results(file: str, splits: dict[str, list], changes: dict, responses: list) -> list:
    """For each row, each filter's answer and metrics."""
    with tempfile.TemporaryDirectory() as folder:
        task = opened(file, splits, changes, Path(folder))
        docs = list(task.eval_docs)
        task._instances = [
            Instance(task.OUTPUT_TYPE, doc, ("",), 0, resps=[response])
            for doc, response in zip(docs, responses, strict=True)
        ]
        task.apply_filters()
        return [
            [
                {"filter": name, "filtered": answer, "metrics": task.process_results(doc, [answer])}
                for name, answer in instance.filtered_resps.items()
            ]
            for doc, instance in zip(docs, task._instances, strict=True)
        ]


def filtered(steps: list[dict], answers: list[list], rows: list[dict]) -> list:
    """What a pipeline leaves; the type of the exception where it fails."""
    components = [[step["function"], {key: step[key] for key in step if key != "function"}] for step in steps]
    instances = [Instance("generate_until", row, ("",), 0, resps=each) for each, row in zip(answers, rows, strict=True)]
    build_filter_ensemble("f", components).apply(instances)
    return [list(each) if isinstance(each := one.filtered_resps["f"], tuple) else each for one in instances]


def exact_match(predictions: list, references: list, options: dict) -> float:
    return float(exact_match_hf_evaluate(predictions=predictions, references=references, **options)["exact_match"])


def aggregated(name: str, items: list, draws: int) -> list:
    """An aggregation of items, and its standard error by that many draws; None where lm-eval has none."""
    function = AGGREGATION_REGISTRY[name]
    has_error = stderr_for_metric(function, draws) is not None
    return [float(function(items)), bootstrap_stderr(function, items, draws) if has_error else None]


def registry(names: list[str]) -> dict:
    """The default metrics of each output type; name → [aggregation, whether more is better]."""
    inverse = {function: name for name, function in AGGREGATION_REGISTRY.items()}
    return {
        "defaults": DEFAULT_METRIC_REGISTRY,
        "metrics": {name: [inverse[get_metric_aggregation(name)], is_higher_better(name)] for name in names},
    }


def generation(config: dict) -> dict | None:
    return TaskConfig(**config).generation_kwargs


def data_files(folder: str, name: str | None) -> dict:
    """split → files of a folder that is laid out as a data set of a hub."""
    found = datasets.load_dataset_builder(folder, name).config.data_files
    root = Path(folder).resolve()
    return {str(split): [str(Path(file).relative_to(root)) for file in files] for split, files in found.items()}


def index(folder: str | None) -> dict:
    """name → [kind, file, members of a tag]; the folder of lm-eval itself where none is given."""
    manager = TaskManager(include_path=folder, include_defaults=folder is None)
    return {
        name: [
            entry.kind.name,
            str(entry.yaml_path and entry.yaml_path.resolve()),
            sorted(entry.tags) if entry.kind.name == "TAG" else [],
        ]
        for name, entry in manager.task_index.items()
    }


def loaded(folder: str, names: list[str]) -> dict:
    """The tasks that names stand for, with some of their keys, and the groups."""
    found = TaskManager(include_path=folder, include_defaults=False).load(names)
    return {
        "tasks": {
            name: {"description": task.config.description, "num_fewshot": task.config.num_fewshot}
            for name, task in found["tasks"].items()
        },
        "groups": {
            name: {
                "alias": group.alias or name,
                "version": group.version,
                "children": group.child_names,
                "metrics": [
                    {"metric": each.metric, "filters": each.filter_list, "weightBySize": each.weight_by_size}
                    for each in group.aggregate_metric_list or ()
                ],
            }
            for name, group in found["groups"].items()
        },
    }


ANSWERS = {each.__name__: each for each in (
    questions, results, filtered, exact_match, aggregated, registry, generation, data_files, index, loaded
)}  # fmt: skip

if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"answer": ANSWERS[request.pop("ask")](**request)}
        except Exception as error:  # The test looks at what went wrong.
            answer = {"error": f"{type(error).__name__}: {error}"}
        out.write(json.dumps(answer, default=handle_non_serializable) + "\n")
        out.flush()
