"""What Java calls. Only forwards: every function hands its arguments to the module that does the work.

Arguments are positional: scalars, strings, lists, maps, and direct buffers that numpy reads and writes in Java's
memory. Models, phases, anchors, tasks and scalar writers are known to Java by number. All calls come from one thread.
There are no defaults here: the experiment's stand in Java.
"""

import atexit
import functools
import gc
import importlib.metadata
import json
import multiprocessing
import sys
from concurrent.futures import Future
from pathlib import Path

import numpy

import ballast
from ballast import adapters, export, hub, kernels, methods, plugins, ranks, tasks
from ballast import memory as ballast_memory
from ballast.adapters import corda
from ballast.anchors import Anchor, comparison
from ballast.forward import batches, completion, generation, scoring, shared_contexts
from ballast.forward.prefixes import Prefix
from ballast.importance.storage import storage_of
from ballast.java import handles, lending, tensorboard
from ballast.java.handles import called_from_java, get
from ballast.java.output import Output
from ballast.java.tensorboard import Scalars
from ballast.measurement import Measurement
from ballast.models import OpenedModel, chat, compilation, gguf_files, sharding
from ballast.models.context_window import window_of
from ballast.models.tokenizer import open_tokenizer
from ballast.retention import after_training
from ballast.tasks import hub_data, standard_error
from ballast.tasks.session import TaskSession
from ballast.training import phase_state, sequence
from ballast.training.model_phase import ModelPhase

# ── the interpreter ──────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def initialize(executable: str, sink) -> dict:
    """Once before anything else; again when another owner takes the interpreter over."""
    # The process is a JVM: what Python starts as a child must be a Python.
    sys.executable = executable
    multiprocessing.set_executable(executable)
    if not getattr(sys, "argv", None):
        sys.argv = [""]
    output = Output(sink)
    output.install()
    handles.before_return(output.flush)
    gc.freeze()  # What was imported stays: a collection that looked at it would take a second each time.
    libraries = {name: importlib.metadata.version(name) for name in ("torch", "transformers", "peft", "numpy", "jep")}
    python = sys.version.split()[0]
    return {"python": python, **libraries, "ballast": ballast.__version__, "kernels": kernels.describe()}


@called_from_java
def describe_kernels(model: int) -> dict:
    """What serves the model's device, and why; on a GPU they are compiled for it if they have not been."""
    return kernels.describe(get(model, OpenedModel).device)


@functools.cache
def _import_for_models() -> None:
    """What the first model brings, and what stays as well."""
    gc.disable()  # As in `java.embedded`.
    try:
        import transformers.modeling_utils  # noqa: F401
    finally:
        gc.enable()
    gc.freeze()
    atexit.register(gc.unfreeze)  # Else nanobind tells, where Python ends, that Triton's objects have leaked.


def last_error() -> dict | None:
    """{"kind", "type", "message", "traceback"} of the latest call that failed."""
    return handles.last_error()


@called_from_java
def address(buffer) -> int:
    """Where the numbers of a buffer lie, as Python sees it."""
    return numpy.asarray(buffer).ctypes.data


@called_from_java
def imported_modules() -> list[str]:
    return sorted(sys.modules)


@called_from_java
def release(handle: int) -> None:
    handles.release(handle)


@called_from_java
def release_all() -> None:
    handles.release_all()


@called_from_java
def memory() -> dict:
    return ballast_memory.snapshot()


# ── ranks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def join_ranks() -> dict:
    ranks.start()
    return {"rank": ranks.rank(), "size": ranks.size()}


@called_from_java
def all_texts(own: str) -> list[str]:
    return ranks.all_texts(own)


@called_from_java
def compile_blocks(model: int) -> None:
    compilation.compile_blocks(get(model, OpenedModel))


@called_from_java
def shard_model(model: int, offload: bool) -> None:
    sharding.shard(get(model, OpenedModel), offload)


@called_from_java
def begin_apart(model: int) -> None:
    sharding.begin_apart(get(model, OpenedModel))


@called_from_java
def end_apart(model: int) -> None:
    sharding.end_apart(get(model, OpenedModel))


# ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def open_model(
    path: str, dtype: str, device: str, gradient_checkpointing: bool, seed: int, bits: int | None
) -> int:
    _import_for_models()
    return handles.add(adapters.open_model(path, dtype, device, gradient_checkpointing, seed, bits, to_shard=True))


@called_from_java
def open_model_to_use(path: str, dtype: str, device: str) -> int:
    """Opens a model beside one that may be training: its draws and its threads stay as they are."""
    _import_for_models()
    with handles.undisturbed(OpenedModel):
        return handles.add(adapters.open_model(path, dtype, device, False, 0))


@called_from_java
def model_info(model: int) -> dict:
    return get(model, OpenedModel).info()


@called_from_java
def context_window(folder: str) -> int:
    """Tokens that the model in a folder reads at once."""
    return window_of(Path(folder))


@called_from_java
def estimate(
    folder: str, dtype: str, gradient_checkpointing: bool, adapter: dict | None, phases: list, device: str
) -> dict:
    from ballast.training.estimate import estimate as estimated  # Brings torch's tools for tensors without data.

    adapter, phases = handles.plain(adapter), handles.plain(phases)
    return estimated(folder, dtype, gradient_checkpointing, adapter, phases, device)


@called_from_java
def estimate_ranks(
    folder: str, dtype: str, gradient_checkpointing: bool, adapter: dict | None, phases: list, device: str, ranks: list
) -> list[dict]:
    from ballast.training.estimate import estimate_ranks as estimated

    adapter, phases = handles.plain(adapter), handles.plain(phases)
    return estimated(folder, dtype, gradient_checkpointing, adapter, phases, device, handles.plain(ranks))


@called_from_java
def begin_samples(model: int) -> int:
    return handles.add(corda.Samples(get(model, OpenedModel)))


@called_from_java
def add_documents(samples: int, slot, rows: int, length: int, packed: bool) -> None:
    get(samples, corda.Samples).add(slot, rows, length, packed)


@called_from_java
def add_adapter(model: int, settings: dict, seed: int, samples: int) -> None:
    documents = get(samples, corda.Samples) if samples else None
    adapters.add_adapter(
        get(model, OpenedModel), adapters.AdapterSettings(**handles.plain(settings)), seed, documents
    )


@called_from_java
def soften(model: int, settings: dict, base: int, anchor: int) -> None:
    settings = handles.plain(settings)
    after_training.soften(
        get(model, OpenedModel),
        settings["method"],
        settings["strength"],
        get(base, OpenedModel) if base else None,
        get(anchor, Anchor) if anchor else None,
        settings["layerCoefficients"],
        settings["layers"],
        settings["normalize"],
    )


@called_from_java
def save_model(model: int, folder: str) -> None:
    get(model, OpenedModel).save(Path(folder))


@called_from_java
def probe_model(model: int) -> int:
    return handles.add(export.Probe.of(get(model, OpenedModel)))


@called_from_java
def export_model(model: int, format: str, folder: str, dtype: str, max_shard_bytes: int) -> dict:
    return export.write(get(model, OpenedModel), format, Path(folder), export.Request(dtype, max_shard_bytes))


@called_from_java
def compare_export(probe: int, format: str, folder: str, dtype: str) -> dict:
    return export.compared(get(probe, export.Probe), format, Path(folder), dtype)


@called_from_java
def convert_gguf(file: str, folder: str) -> None:
    gguf_files.convert(Path(file), Path(folder))


@called_from_java
def download_model(
    repository: str, revision: str | None, endpoint: str | None, cache: str | None, progress
) -> str:
    """`progress` is None, or has `update(done, total)`, in bytes."""
    update = None if progress is None else progress.update
    return str(hub.download_model(repository, revision, endpoint, cache, update))


@called_from_java
def cached_model(repository: str, revision: str | None) -> str | None:
    folder = hub.cached_model(repository, revision, None)
    return None if folder is None else str(folder)


@called_from_java
def hub_cache() -> str:
    return str(hub.cache_folder())


@called_from_java
def download_dataset_file(
    repository: str, path: str, revision: str | None, endpoint: str | None, cache: str | None
) -> str:
    return str(hub.download_dataset_file(repository, path, revision, endpoint, cache))


@called_from_java
def cached_dataset_file(repository: str, path: str, revision: str | None) -> str | None:
    found = hub.cached_dataset_file(repository, path, revision, None)
    return None if found is None else str(found)


@called_from_java
def render_chat(folder: str, conversations: list[str], add_generation_prompt: bool) -> list[str]:
    return chat.render(folder, handles.plain(conversations), add_generation_prompt)


# ── training ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def begin_phase(model: int, settings: dict) -> int:
    settings = handles.plain(settings)
    anchor = get(settings["anchor"], Anchor) if settings["anchor"] else None
    return handles.add(ModelPhase(get(model, OpenedModel), settings, anchor))


@called_from_java
def forward_backward(phase: int, slot, rows: int, length: int, packed: bool, step_targets: int) -> None:
    get(phase, ModelPhase).forward_backward(slot, rows, length, packed, step_targets)


@called_from_java
def measure_backward(phase: int, slot, rows: int, length: int, packed: bool, step_targets: int) -> None:
    get(phase, ModelPhase).measure(slot, rows, length, packed, step_targets)


@called_from_java
def begin_pass(phase: int) -> None:
    get(phase, ModelPhase).training.begin_pass()


@called_from_java
def undo_pass(phase: int) -> None:
    get(phase, ModelPhase).training.undo_pass()


@called_from_java
def optimizer_step(phase: int) -> None:
    get(phase, ModelPhase).step()


@called_from_java
def phase_progress(phase: int) -> dict:
    return get(phase, ModelPhase).training.progress()


@called_from_java
def end_phase(phase: int) -> dict:
    return get(phase, ModelPhase).end()


@called_from_java
def finish_importance(
    phase: int, xi: float, relative: bool, reference: str, layer_coefficients: str, layers: str, normalize: str
) -> int:
    ended = get(phase, ModelPhase)
    return handles.add(ended.finish_importance(xi, relative, reference, layer_coefficients, layers, normalize))


@called_from_java
def describe_methods() -> list[dict]:
    return [methods.describe(name) for name in methods.names()]


@called_from_java
def describe_method(name: str, options: dict) -> dict:
    return methods.describe(name, handles.plain(options))


@called_from_java
def begin_measurement(model: int, kind: str, labels: str, seed: int) -> int:
    return handles.add(Measurement(get(model, OpenedModel), kind, labels, seed))


@called_from_java
def add_samples(measurement: int, slot, rows: int, length: int, packed: bool) -> None:
    get(measurement, Measurement).add(slot, rows, length, packed)


@called_from_java
def finish_measurement(
    measurement: int, reference_is_base: bool, layer_coefficients: str, layers: str, normalize: str
) -> int:
    measured = get(measurement, Measurement)
    return handles.add(measured.finish(reference_is_base, layer_coefficients, layers, normalize))


# ── checkpoints ──────────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def save_parameters(model: int, folder: str) -> None:
    phase_state.save_parameters(get(model, OpenedModel), folder)


@called_from_java
def load_parameters(model: int, folder: str) -> None:
    phase_state.load_parameters(get(model, OpenedModel), folder)


@called_from_java
def save_phase(model: int, phase: int, folder: str) -> None:
    phase_state.save_phase(get(model, OpenedModel), get(phase, ModelPhase), folder)


@called_from_java
def save_phase_async(model: int, phase: int, folder: str) -> int:
    return handles.add(phase_state.save_phase_async(get(model, OpenedModel), get(phase, ModelPhase), folder))


@called_from_java
def has_saved(saving: int) -> bool:
    """Whether all is written; fails as the writing did. Then the handle is gone."""
    future = get(saving, Future)
    if not future.done():
        return False
    handles.drop(saving)
    future.result()
    return True


@called_from_java
def load_phase(model: int, phase: int, folder: str) -> None:
    phase_state.load_phase(get(model, OpenedModel), get(phase, ModelPhase), folder)


# ── anchors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def anchor_info(anchor: int) -> dict:
    return get(anchor, Anchor).describe()


@called_from_java
def store_anchor(anchor: int, kind: str, share: float) -> int:
    return handles.add(get(anchor, Anchor).stored_as(storage_of(kind, share)))


@called_from_java
def carry_adapter_on(model: int, way: str, seed: int) -> None:
    sequence.carry_adapter_on(get(model, OpenedModel), way, seed)


@called_from_java
def carry_anchor_on(
    model: int, phase: int, previous: int, measured: int, rule: str, decay: float | None
) -> int:
    ended = get(phase, ModelPhase)
    ended.share_seen_tokens()
    return handles.add(
        sequence.carry_anchor_on(
            get(model, OpenedModel),
            get(previous, Anchor),
            get(measured, Anchor) if measured else None,
            ended.seen_tokens,
            rule,
            decay,
        )
    )


@called_from_java
def compare_anchors(first: str, second: str) -> dict:
    return comparison.compare(Anchor.load(first), Anchor.load(second))


@called_from_java
def merge_anchors(
    folders: list[str], rule: str, decay: float | None, kind: str, share: float, folder: str
) -> dict:
    storage = storage_of(kind, share)
    merged = Anchor.merged([Anchor.load(each) for each in handles.plain(folders)], rule, decay).stored_as(storage)
    merged.save(folder)
    return merged.describe()


@called_from_java
def save_anchor(anchor: int, folder: str, provenance: dict) -> None:
    get(anchor, Anchor).save(folder, handles.plain(provenance))


@called_from_java
def open_anchor(
    folder: str,
    model: int,
    base_model: str | None,
    space: str,
    layer_coefficients: str,
    layers: str,
    normalize: str,
) -> int:
    anchored = get(model, OpenedModel).model
    anchor = Anchor.load(folder, anchored, base_model, space)
    anchor.restore(anchored)
    return handles.add(anchor.weighed(anchored, layer_coefficients, layers, normalize))


# ── scoring ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def sharing(model: int) -> str:
    return shared_contexts.sharing(get(model, OpenedModel)).value


@called_from_java
def read_prefix(model: int, ids, length: int) -> int:
    opened = get(model, OpenedModel)
    read = batches.read_ids(ids, length, opened.vocabulary_size, opened.device)
    return handles.add(scoring.read_prefix(opened, read))


@called_from_java
def release_prefix(prefix: int) -> None:
    handles.drop(prefix)


@called_from_java
def score(model: int, prefix: int, slot, rows: int, length: int, targets: int, branched: bool, output) -> None:
    opened = get(model, OpenedModel)
    batch = batches.read_scoring_slot(
        slot, rows, length, targets, branched, opened.vocabulary_size, opened.device
    )
    scoring.score(opened, batch, output, get(prefix, Prefix) if prefix else None)


@called_from_java
def mean_loss(model: int, slot, rows: int, length: int, packed: bool) -> list:
    opened = get(model, OpenedModel)
    batch = batches.read_slot(slot, rows, length, packed, opened.vocabulary_size, opened.device)
    return list(scoring.mean_loss(opened, batch))


@called_from_java
def generate(
    model: int, first_token: int, end_token: int, temperature: float, top_p: float, seed: int, rows: int, tokens: int,
    output,
) -> None:  # fmt: skip
    generation.generate(
        get(model, OpenedModel), first_token, end_token, temperature, top_p, seed, rows, tokens, output
    )


@called_from_java
def complete(*prompts) -> list[str]:
    """`begin_completion` in one go: [rows] texts."""
    begun = _completion(*prompts)
    begun.advance(begun.max_tokens)
    return begun.texts()


@called_from_java
def begin_completion(*prompts) -> int:
    return handles.add(_completion(*prompts))


def _completion(
    model: int, tokenizer: str, prompts, rows: int, length: int, until: list[str], max_tokens: int, decoding: dict,
    seed: int,
) -> completion.Completion:  # fmt: skip
    return completion.Completion(
        get(model, OpenedModel), open_tokenizer(tokenizer), prompts, rows, length, handles.plain(until), max_tokens,
        handles.plain(decoding), seed,
    )  # fmt: skip


@called_from_java
def advance_completion(number: int, tokens: int) -> bool:
    return get(number, completion.Completion).advance(tokens)


@called_from_java
def completion_pieces(number: int) -> list[str]:
    return get(number, completion.Completion).pieces()


@called_from_java
def completion_texts(number: int) -> list[str]:
    return get(number, completion.Completion).texts()


@called_from_java
def end_completion(number: int) -> None:
    handles.drop(number)


# ── lent tensors ─────────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def parameter_names(model: int) -> list[str]:
    return lending.parameter_names(get(model, OpenedModel))


@called_from_java
def lend_parameter(model: int, name: str) -> dict:
    return lending.lend(lending.parameter(get(model, OpenedModel), name))


@called_from_java
def lend_logits(model: int, ids, rows: int, length: int) -> dict:
    return lending.lend(lending.logits(get(model, OpenedModel), ids, rows, length))


@called_from_java
def lend_hidden_states(model: int, ids, rows: int, length: int) -> list[dict]:
    return [lending.lend(state) for state in lending.hidden_states(get(model, OpenedModel), ids, rows, length)]


@called_from_java
def open_anchor_to_read(folder: str) -> int:
    return handles.add(Anchor.load(folder))


@called_from_java
def anchor_names(anchor: int) -> list[str]:
    return list(get(anchor, Anchor).importance)


@called_from_java
def lend_of_anchor(anchor: int, kind: str, name: str) -> dict:
    return lending.lend(lending.of_anchor(get(anchor, Anchor), kind, name))


def give_back(number: int) -> None:
    lending.give_back(number)


# ── evaluation tasks ─────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def open_task_directory(directories: list[str]) -> int:
    """Indexes the task files of folders, once for all names that are looked up."""
    return handles.add(tasks.Directory(handles.plain(directories)))


@called_from_java
def find_tasks(names: list[str], directory: int) -> str:
    """JSON {"tasks", "groups"} of names of tasks, groups and tags, patterns of such, or paths of .yaml files.

    A task: {"name", "file", "content"}; one of the last two is null. With a file it is opened by `open_task`; what a
    group says otherwise about a task is content, for `open_task_of`. A group, children first: {"name", "alias",
    "version", "children": names of tasks and groups, "metrics": [{"metric", "filters": names or null for all,
    "weightBySize"}]}; without metrics it has no score of its own.
    """
    return tasks.as_json(tasks.find_tasks(handles.plain(names), get(directory, tasks.Directory)).describe())


@called_from_java
def open_task(file: str, trust_code: bool) -> int:
    return handles.add(TaskSession.open(file, trust_code))


@called_from_java
def open_task_of(content: str, trust_code: bool) -> int:
    """A task given as JSON of a task file's keys; relative paths in it begin at the file that it includes."""
    return handles.add(TaskSession.of(json.loads(content), trust_code))


@called_from_java
def open_own_task(name: str, prompt: str, choices: list[str], answer: str) -> int:
    """A task with choices of Ballast's own templates, `{column}`."""
    return handles.add(TaskSession.of(tasks.multiple_choice(name, prompt, handles.plain(choices), answer)))


@called_from_java
def describe_task(task: int) -> str:
    """JSON of what a task asks for.

    {"task", "outputType", "version": number or text, "shots": number or null, "dataset": {"path", "dataFiles":
    {split: [files]} or null, "options": further arguments of load_dataset}, "splits": {"test", "fewshot": null where
    the file holds the examples}, "fewshotSamplesInline", "metrics": [{"metric", "filter", "aggregation": "mean",
    "perplexity", "weighted_perplexity", "bits_per_byte", or "whole" where `aggregate_task` makes it,
    "higherIsBetter"}], "leftOut": [{"metric", "reason"}], "generation": {"until": [texts], …} or null, "scoredInPython", "config": as in
    lm-eval's results}
    """
    return tasks.as_json(get(task, TaskSession).describe())


@called_from_java
def add_task_rows(task: int, split: str, rows: str) -> None:
    """Rows as a JSON list of objects; split is "test" or "fewshot", which stays empty where it is the test split."""
    get(task, TaskSession).add_rows(split, json.loads(rows))


@called_from_java
def task_data_files(task: int, split: str, endpoint: str | None, cache: str | None) -> list[str]:
    """Local copies of the files of one split of the task's data set on a hub."""
    source = get(task, TaskSession).source
    return hub_data.split_files(source.path, source.name, split, source.options.get("revision"), endpoint, cache)


@called_from_java
def prepare_task(task: int, shots: int, limit: int | None, seed: int) -> int:
    """Documents there are, the limit aside; then `task_questions` begins at 0."""
    return get(task, TaskSession).prepare(shots, limit, seed)


@called_from_java
def task_questions(task: int, start: int, count: int) -> str:
    """JSON of the next questions, in order.

    [{"doc", "docHash", "promptHash", "targetHash", "arguments": [[context, continuation], …], [[context]] for
    generate_until, [[text]] for loglikelihood_rolling, "choices": [texts], "gold": [indices], "target"}]
    """
    return tasks.as_json(get(task, TaskSession).questions(start, count))


@called_from_java
def task_results(task: int, start: int, responses: str) -> str:
    """JSON of what questions came to, where `scoredInPython`; in any order, for any that were given.

    Responses: a JSON list with an entry for each question: the text for generate_until, else a list with
    [log-likelihood, greedy] for each of its arguments. The answer has for each question a list of
    {"filter", "filtered", "metrics": {name: number, or [total, weight] for weighted_perplexity and bits_per_byte, or
    what `aggregate_task` takes}}.
    """
    return tasks.as_json(get(task, TaskSession).results(start, json.loads(responses)))


@called_from_java
def aggregate_task(task: int, metric: str, values: str) -> str:
    """JSON [number, standard error or null] of a metric whose aggregation is "whole", of its values as a JSON list."""
    return tasks.as_json(get(task, TaskSession).aggregate(metric, json.loads(values)))


@called_from_java
def perplexity_standard_error(log_likelihoods: list[float]) -> float:
    return standard_error.perplexity_standard_error(handles.plain(log_likelihoods))


# ── plug-ins ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def look_for_plugins_in(folders: list[str], seconds: float) -> None:
    plugins.look_in(handles.plain(folders), seconds)


@called_from_java
def open_transform(name: str) -> int:
    return handles.add(plugins.RowTransform(name))


@called_from_java
def transform_rows(transform: int, rows: str) -> str:
    """JSON Lines of the rows that a transform makes of a JSON list of rows."""
    return get(transform, plugins.RowTransform).lines(json.loads(rows))


@called_from_java
def open_metric(name: str) -> int:
    return handles.add(plugins.ItemMetric(name))


@called_from_java
def is_higher_better(metric: int) -> bool:
    return get(metric, plugins.ItemMetric).higher_is_better


@called_from_java
def metric_values(metric: int, items: str) -> list[float]:
    """One number for each item of a JSON list."""
    return get(metric, plugins.ItemMetric).values(json.loads(items))


@called_from_java
def open_stopping_rule(name: str) -> int:
    return handles.add(plugins.StoppingRule(name))


@called_from_java
def reason_to_stop(rule: int, step: int, losses: list[float]) -> str | None:
    return get(rule, plugins.StoppingRule).reason(step, handles.plain(losses))


# ── TensorBoard ──────────────────────────────────────────────────────────────────────────────────────────────────────


@called_from_java
def scalars_open(folder: str) -> int:
    return handles.add(tensorboard.Scalars(Path(folder)))


@called_from_java
def scalars_add(scalars: int, step: int, values: dict) -> None:
    get(scalars, Scalars).add(step, handles.plain(values))
