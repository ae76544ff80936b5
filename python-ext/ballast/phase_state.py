"""Where a phase of training stands, on disk: all that its next step depends on, to the bit."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ballast.errors import InvalidInputError
from ballast.layers import covered_parameters
from ballast.model_phase import ModelPhase
from ballast.models import OpenedModel

NUMBERS = "numbers"
PARAMETER = "parameter."
PHASE = "phase."
SEEN_TOKENS = "seen_tokens"
RANDOM_CPU = "random.cpu"
RANDOM_DEVICE = "random.device"


def save_parameters(opened: OpenedModel, file: str | os.PathLike[str]) -> None:
    """Writes what of a model is trained, in safetensors."""
    _save(_parameters(opened), {}, file)


def load_parameters(opened: OpenedModel, file: str | os.PathLike[str]) -> None:
    """Puts a model where `save_parameters` found it.

    Raises:
        InvalidInputError: the file is of another model, or damaged.
    """
    tensors, _ = _read(file)
    _copy(tensors, _parameters(opened), file)


def save_phase(opened: OpenedModel, phase: ModelPhase, file: str | os.PathLike[str]) -> None:
    """Writes a phase between two steps: parameters, moments, ω, sums, counts, and torch's random states."""
    tensors = _parameters(opened) | _live(phase)
    tensors[RANDOM_CPU] = torch.get_rng_state()
    if opened.device.type == "cuda":
        tensors[RANDOM_DEVICE] = torch.cuda.get_rng_state(opened.device)
    _save(tensors, phase.training.numbers(), file)


def load_phase(opened: OpenedModel, phase: ModelPhase, file: str | os.PathLike[str]) -> None:
    """Puts a phase where `save_phase` found it.

    Args:
        opened: the phase's model
        phase: just begun, with the same settings, on the model as it was at the phase's start: what a phase derives
            from that (θ⁰, θ*, a teacher) is not in the file
        file: what `save_phase` wrote

    Raises:
        InvalidInputError: the file is of another phase, or damaged.
    """
    tensors, numbers = _read(file)
    random = {name: tensors.pop(name) for name in (RANDOM_CPU, RANDOM_DEVICE) if name in tensors}
    _copy(tensors, _parameters(opened) | _live(phase), file)
    phase.training.set_numbers(numbers)
    torch.set_rng_state(random[RANDOM_CPU])
    if RANDOM_DEVICE in random and opened.device.type == "cuda":
        torch.cuda.set_rng_state(random[RANDOM_DEVICE], opened.device)


def _parameters(opened: OpenedModel) -> dict[str, Tensor]:
    return {PARAMETER + name: parameter.detach() for name, parameter in covered_parameters(opened.model).items()}


def _live(phase: ModelPhase) -> dict[str, Tensor]:
    tensors = {PHASE + name: tensor for name, tensor in phase.training.tensors().items()}
    return tensors | {SEEN_TOKENS: phase.seen_tokens}


def _save(tensors: Mapping[str, Tensor], numbers: Mapping[str, float], file: str | os.PathLike[str]) -> None:
    # json writes a float so that it is read back to the bit.
    save_file({name: each.contiguous() for name, each in tensors.items()}, file, {NUMBERS: json.dumps(dict(numbers))})


def _read(file: str | os.PathLike[str]) -> tuple[dict[str, Tensor], dict[str, float]]:
    try:
        with safe_open(Path(file), "pt") as stored:
            return {name: stored.get_tensor(name) for name in stored.keys()}, json.loads(stored.metadata()[NUMBERS])
    except (SafetensorError, TypeError, KeyError, ValueError) as broken:
        raise InvalidInputError(
            f"expected in {file} the state of a phase, found {type(broken).__name__}: {broken}: begin the run again"
        ) from broken


@torch.no_grad()
def _copy(saved: Mapping[str, Tensor], live: Mapping[str, Tensor], file: str | os.PathLike[str]) -> None:
    """In place: fused steps, meters and optimizers hold these very tensors."""
    for name in sorted(saved.keys() ^ live.keys()):
        where = "only in the file" if name in saved else "missing in it"
        raise InvalidInputError(
            f"expected in {file} the state of this model and phase, found {name} {where}: resume the run with the "
            "version of Ballast that wrote it, or begin it again"
        )
    for name, tensor in live.items():
        if saved[name].shape != tensor.shape or saved[name].dtype != tensor.dtype:
            raise InvalidInputError(
                f"expected {name} as {tensor.dtype} {list(tensor.shape)} in {file}, found {saved[name].dtype} "
                f"{list(saved[name].shape)}: resume the run with the version of Ballast that wrote it, or begin it "
                "again"
            )
        tensor.copy_(saved[name])
