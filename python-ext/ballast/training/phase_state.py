"""Where a phase of training stands, on disk: all that its next step depends on, to the bit.

A state is a folder of safetensors, written and read by `torch.distributed.checkpoint`: each rank writes what it holds,
and what N ranks wrote M ranks read.
"""

import functools
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors import SafetensorError
from torch import Tensor

from ballast import ranks
from ballast.adapters.adapted import under_adapter
from ballast.disk import explained_disk_errors
from ballast.errors import InvalidInputError
from ballast.models import OpenedModel
from ballast.models.layers import covered_parameters
from ballast.training.model_phase import ModelPhase

NUMBERS = "numbers.json"
PARAMETER = "parameter."
BASE = "base."
FOLDED = "folded."
PHASE = "phase."
SEEN_TOKENS = "seen_tokens"
RANDOM_CPU = "random.cpu"
RANDOM_DEVICE = "random.device"


def save_parameters(opened: OpenedModel, folder: str | os.PathLike[str]) -> None:
    """Writes what of a model is not as it was opened: what is trained, and where adapters were folded into the base, the
    weights that have them and the adapters themselves. All ranks call it with the same folder, which is not there yet."""
    base = _base_weights(opened) if opened.former or opened.merged else {}
    folded = {
        f"{FOLDED}{number}.{name}": tensor
        for number, factors in enumerate(opened.folded if base else ())
        for name, tensor in factors.items()
    }
    numbers = {"former": opened.former, "merged": opened.merged}
    _save(_parameters(opened) | base | folded, numbers, Path(folder))


def load_parameters(opened: OpenedModel, folder: str | os.PathLike[str]) -> None:
    """Puts a model where `save_parameters` found it.

    Raises:
        InvalidInputError: the folder is of another model, or damaged.
    """
    folder = Path(folder)
    saved = _saved(folder)
    base = _base_weights(opened) if any(name.startswith(BASE) for name in saved) else {}
    folded = {
        name: torch.empty(shape, dtype=dtype) for name, (dtype, shape) in saved.items() if name.startswith(FOLDED)
    }
    _load(_parameters(opened) | base | folded, folder, saved)
    numbers = _numbers(folder)
    opened.former, opened.merged = numbers["former"], numbers["merged"]
    if base:
        adapters_by_number: dict[int, dict[str, Tensor]] = {}
        for name, tensor in folded.items():
            number, _, factor = name.removeprefix(FOLDED).partition(".")
            adapters_by_number.setdefault(int(number), {})[factor] = tensor
        opened.folded = [adapters_by_number[number] for number in sorted(adapters_by_number)]


def save_phase(opened: OpenedModel, phase: ModelPhase, folder: str | os.PathLike[str]) -> None:
    """Writes a phase between two steps: parameters, moments, ω, sums, counts, and torch's random states. All ranks call
    it with the same folder, which is not there yet."""
    phase.share_seen_tokens()
    with phase.training.summed():
        _save(_tensors(opened, phase), phase.training.numbers(), Path(folder))


def save_phase_async(opened: OpenedModel, phase: ModelPhase, folder: str | os.PathLike[str]) -> Future[None]:
    """As `save_phase`, but returns when all of it has been copied to the CPU's memory: the phase may take its next steps
    while a thread writes the copies. One folder is written after another.

    Returns:
        done when the folder is written (on the first rank: by all ranks); has what failed
    """
    from torch.distributed.checkpoint.staging import DefaultStager, StagingOptions

    phase.share_seen_tokens()
    with phase.training.summed():
        copies = DefaultStager(StagingOptions(False, False, False, False)).stage(_tensors(opened, phase))
        numbers = phase.training.numbers()
    return _writer().submit(_save, copies, numbers, Path(folder), _group_of_writers())


def load_phase(opened: OpenedModel, phase: ModelPhase, folder: str | os.PathLike[str]) -> None:
    """Puts a phase where `save_phase` found it.

    Where as many ranks read it as wrote it, the next step is the same to the bit. Where others do, sums over the ranks
    are rounded in another order, and dropout draws other numbers.

    Args:
        opened: the phase's model
        phase: just begun, with the same settings, on the model as it was at the phase's start: what a phase derives
            from that (θ⁰, θ*, a teacher) is not in the folder
        folder: what `save_phase` wrote

    Raises:
        InvalidInputError: the folder is of another phase, or damaged.
    """
    folder = Path(folder)
    saved = _saved(folder)
    random = {name: state for name, state in _random_states(opened).items() if name in saved}
    with phase.training.summed():
        _load(_parameters(opened) | _live(phase) | random, folder, saved)
    phase.training.set_numbers(_numbers(folder))
    if (on_cpu := random.get(_of_rank(RANDOM_CPU))) is not None:
        torch.set_rng_state(on_cpu)
    if (on_device := random.get(_of_rank(RANDOM_DEVICE))) is not None:
        torch.cuda.set_rng_state(on_device, opened.device)


def _tensors(opened: OpenedModel, phase: ModelPhase) -> dict[str, Tensor]:
    return _parameters(opened) | _live(phase) | _random_states(opened)


def _parameters(opened: OpenedModel) -> dict[str, Tensor]:
    return {PARAMETER + name: parameter.detach() for name, parameter in covered_parameters(opened.model).items()}


def _base_weights(opened: OpenedModel) -> dict[str, Tensor]:
    """Those under an adapter."""
    return {BASE + name: base.weight.detach() for name, base in under_adapter(opened.model).items()}


def _live(phase: ModelPhase) -> dict[str, Tensor]:
    tensors = {PHASE + name: tensor for name, tensor in phase.training.tensors().items()}
    return tensors | {SEEN_TOKENS: phase.seen_tokens}


def _random_states(opened: OpenedModel) -> dict[str, Tensor]:
    """Copies of this rank's."""
    states = {_of_rank(RANDOM_CPU): torch.get_rng_state()}
    if opened.device.type == "cuda":
        states[_of_rank(RANDOM_DEVICE)] = torch.cuda.get_rng_state(opened.device)
    return states


def _of_rank(name: str) -> str:
    return f"{name}.{ranks.rank()}"


def _numbers(folder: Path) -> dict[str, float]:
    return json.loads((folder / NUMBERS).read_text(encoding="utf-8"))


@functools.cache
def _writer() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="ballast-checkpoint")


@functools.cache
def _group_of_writers() -> dist.ProcessGroup | None:
    """Where writers talk while the ranks' other threads do: in one group each would take what is meant for the other."""
    return dist.new_group(backend="gloo", timeout=ranks.TIMEOUT) if ranks.size() > 1 else None


def _save(
    tensors: Mapping[str, Tensor], numbers: Mapping[str, float], folder: Path, group: dist.ProcessGroup | None = None
) -> None:
    import torch.distributed.checkpoint as dcp

    with explained_disk_errors(folder.parent), _told_as_it_is():
        dcp.save(
            {name: each.contiguous() for name, each in tensors.items()},
            storage_writer=dcp.HuggingFaceStorageWriter(folder, save_distributed=True),
            process_group=group,
            no_dist=ranks.size() == 1,
        )
        if ranks.is_first():
            # json writes a float so that it is read back to the bit.
            (folder / NUMBERS).write_text(json.dumps(dict(numbers)), encoding="utf-8")


@torch.no_grad()
def _load(live: Mapping[str, Tensor], folder: Path, saved: Mapping[str, tuple[torch.dtype, list[int]]]) -> None:
    """In place: fused steps, meters and optimizers hold these very tensors."""
    import torch.distributed.checkpoint as dcp

    _check(live, saved, folder)
    with _told_as_it_is():
        dcp.load(dict(live), storage_reader=dcp.HuggingFaceStorageReader(folder), no_dist=ranks.size() == 1)


def _saved(folder: Path) -> dict[str, tuple[torch.dtype, list[int]]]:
    """dtype and shape by name of what a folder holds.

    Raises:
        InvalidInputError: it cannot be read.
    """
    import torch.distributed.checkpoint as dcp

    try:
        metadata = dcp.HuggingFaceStorageReader(folder).read_metadata().state_dict_metadata
    except (OSError, SafetensorError, ValueError, KeyError) as broken:
        raise InvalidInputError(
            f"expected the state of a model or phase in {folder}, found what cannot be read ({broken}): resume from "
            "another checkpoint, or begin the run again"
        ) from broken
    return {name: (entry.properties.dtype, list(entry.size)) for name, entry in metadata.items()}


def _check(live: Mapping[str, Tensor], saved: Mapping[str, tuple[torch.dtype, list[int]]], folder: Path) -> None:
    there = {name for name in saved if not name.startswith((RANDOM_CPU, RANDOM_DEVICE)) or name in live}
    for name in sorted(there ^ live.keys()):
        where = "only in the folder" if name in saved else "missing in it"
        raise InvalidInputError(
            f"expected in {folder} the state of this model and phase, found {name} {where}: resume the run with the "
            "version of Ballast that wrote it, or begin it again"
        )
    for name, tensor in live.items():
        dtype, shape = saved[name]
        if shape != list(tensor.shape) or dtype != tensor.dtype:
            raise InvalidInputError(
                f"expected {name} as {tensor.dtype} {list(tensor.shape)} in {folder}, found {dtype} {shape}: resume "
                "the run with the version of Ballast that wrote it, or begin it again"
            )


@contextmanager
def _told_as_it_is() -> Iterator[None]:
    """What failed inside on the first rank that failed, not a text of tracebacks; and no warning that there is one rank."""
    from torch.distributed.checkpoint.api import CheckpointException

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.distributed is disabled")
        try:
            yield
        except CheckpointException as failed:
            reason, _ = failed.failures[min(failed.failures)]
            raise reason from None
