"""Readers of files that others wrote: whatever is in them, the answer is a value or an `InvalidInputError`."""

import contextlib
import json
import shutil
from pathlib import Path

import numpy
import pytest
import torch
import yaml
from fuzzing import damaged_bytes, damaged_documents, written
from hypothesis import given
from hypothesis import strategies as st
from phases import measured_anchor, tiny_model

from ballast import Anchor
from ballast.artifacts import Run
from ballast.errors import InvalidInputError
from ballast.forward import batches
from ballast.models import checkpoints, lora_files
from ballast.tasks import Directory, TaskSession, find_tasks, yaml_text

GOLDEN = Path(__file__).parents[2] / "orchestrator/src/test/resources/io/ballast/artifacts/schema-1"
SAMPLES = "evaluation/base/samples_quiz_2026-11-28T15-28-27.864100.jsonl"
TASK = {
    "task": "mine", "tag": ["a", "b"], "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}},
    "output_type": "multiple_choice", "test_split": "test", "fewshot_split": "test", "doc_to_text": "Q: {{q}}",
    "doc_to_choice": ["yes", "no"], "doc_to_target": 0, "num_fewshot": 1, "fewshot_config": {"sampler": "first_n"},
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}], "metadata": {"version": 1.0},
}  # fmt: skip
GENERATED = TASK | {
    "output_type": "generate_until", "doc_to_choice": None, "doc_to_target": "{{q}}",
    "generation_kwargs": {"until": ["\n"], "temperature": 0.0, "max_gen_toks": 8},
    "filter_list": [{"name": "f", "filter": [{"function": "regex", "regex_pattern": "(.*)"}, {"function": "take_first"}]}],
    "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True, "ignore_case": True}],
}  # fmt: skip
GROUP = {"group": "all", "task": ["mine", {"task": "mine", "num_fewshot": 2}], "metadata": {"version": 2},
         "aggregate_metric_list": [{"metric": "acc", "weight_by_size": True}]}  # fmt: skip
refusals = contextlib.suppress(InvalidInputError)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzzing")


@pytest.fixture(scope="module")
def run(folder):
    return Path(shutil.copytree(GOLDEN, folder / "run"))


def lines_of(name: str) -> list:
    return [json.loads(line) for line in (GOLDEN / name).read_text().splitlines()]


def read(run: Path, name: str, content: bytes, how) -> None:
    path = run / name
    path.write_bytes(content)
    try:
        with refusals:
            how(Run(run))
    finally:
        shutil.copyfile(GOLDEN / name, path)


def frames(run: Run) -> None:
    result = run.result
    for frame in (result.scores_frame, result.changes_frame, result.phases_frame, result.layers_frame):
        frame()


READERS = {
    "result.json": frames,
    "anchor/anchor.json": lambda run: run.anchor(),
    "events.jsonl": lambda run: run.losses_frame(),
    SAMPLES: lambda run: run.samples_frame("quiz", "base"),
}


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_a_runs_files(run, name, data):
    if name.endswith(".jsonl"):
        lines = [data.draw(damaged_documents(line)) for line in lines_of(name)[:4]]
        whole = data.draw(damaged_bytes((GOLDEN / name).read_bytes()))
        content = b"\n".join(map(written, lines)) if data.draw(st.booleans()) else whole
    elif data.draw(st.booleans()):
        content = written(data.draw(damaged_documents(json.loads((GOLDEN / name).read_text()))))
    else:
        content = data.draw(damaged_bytes((GOLDEN / name).read_bytes()))
    read(run, name, content, READERS[name])


@pytest.fixture(scope="module")
def saved(folder):
    measured_anchor(tiny_model()).save(folder / "saved", {"baseModel": "sha256:1234"})
    return folder / "saved"


@pytest.mark.parametrize("name", ["anchor.json", "anchor.safetensors"])
@given(data=st.data())
def test_an_anchor(saved, folder, name, data):
    copy = folder / "anchor"
    shutil.copytree(saved, copy, dirs_exist_ok=True)
    if name == "anchor.json":
        metadata = json.loads((saved / name).read_text())
        (copy / name).write_bytes(written(data.draw(damaged_documents(metadata))))
    else:  # With a size that fits: the tensors themselves are looked at.
        content = data.draw(damaged_bytes((saved / name).read_bytes()))
        (copy / name).write_bytes(content)
        metadata = json.loads((saved / "anchor.json").read_text()) | {"tensorBytes": len(content)}
        (copy / "anchor.json").write_bytes(written(metadata))
    with refusals:
        Anchor.load(copy, tiny_model(), "sha256:1234").describe()


@pytest.mark.parametrize("task", [TASK, GENERATED], ids=["choices", "generated"])
@given(data=st.data())
def test_a_task_file(folder, task, data):
    (folder / "rows.jsonl").write_text("")
    file = folder / "task.yaml"
    document = data.draw(damaged_documents(task))
    file.write_text(json.dumps(document) if data.draw(st.booleans()) else yaml.dump(document), errors="replace")
    with refusals:
        session = TaskSession.open(str(file), False)
        session.describe()
        session.add_rows("test", [{"q": "why", "a": 1}, {"q": "who", "a": 0}])
        session.prepare(1, None, 1234)
        list(session.questions(0, 2))


@given(data=st.data())
def test_a_group_file(folder, data):
    tasks = folder / "tasks"
    tasks.mkdir(exist_ok=True)
    (tasks / "mine.yaml").write_text(json.dumps(TASK))
    (tasks / "all.yaml").write_text(json.dumps(data.draw(damaged_documents(GROUP))))
    with refusals:
        find_tasks(["all"], Directory([tasks])).describe()


@given(text=st.text() | st.binary().map(lambda content: content.decode("latin-1")) | damaged_bytes(
    yaml.dump(TASK).encode()).map(lambda content: content.decode("latin-1")))  # fmt: skip
def test_yaml(text):
    with contextlib.suppress(yaml.YAMLError, ValueError):  # `yaml_text` says so: a tag such as a date may be no date.
        yaml_text.load(text, yaml.SafeLoader)


@given(data=st.data())
def test_weights_and_adapters(folder, model_folder, data):
    copy = folder / "weights"
    copy.mkdir(exist_ok=True)
    index = {"metadata": {"total_size": 10}, "weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (copy / "model-1.safetensors").write_bytes(b"")
    (copy / "model-2.safetensors").write_bytes(b"")
    (copy / "model.safetensors.index.json").write_bytes(written(data.draw(damaged_documents(index))))
    with refusals:
        assert all(file.parent == copy for file in checkpoints.weight_files(copy))
    tensors = (model_folder("llama-tied") / "model.safetensors").read_bytes()[:4000]
    (copy / lora_files.TENSORS).write_bytes(data.draw(damaged_bytes(tensors)))
    with refusals:
        lora_files.read_input_directions(copy)


NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 12)


@given(numbers=st.lists(NUMBERS, max_size=64), rows=st.integers(-1, 5) | NUMBERS, length=st.integers(-1, 5) | NUMBERS,
       targets=st.integers(-1, 5) | NUMBERS, packed=st.booleans())  # fmt: skip
def test_slots(numbers, rows, length, targets, packed):
    """Java fills them, but what is in them is not taken on trust: an index out of range ends a CUDA process."""
    slot = numpy.array(numbers, dtype=numpy.int64)
    cpu = torch.device("cpu")
    with refusals:
        batch = batches.read_slot(slot, rows, length, packed, 10, cpu)
        batch.mark_tokens(torch.zeros(10, dtype=torch.bool))
    with refusals:
        scoring = batches.read_scoring_slot(slot, rows, length, targets, packed, 10, cpu)
        assert scoring.tokens.ids.flatten()[scoring.tokens.scored].numel() <= targets
    with refusals:
        batches.read_ids(slot, length, 10, cpu)
