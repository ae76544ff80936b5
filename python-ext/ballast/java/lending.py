"""Tensors that another language reads where they lie: their memory is kept until it gives them back."""

import difflib
import itertools

import numpy
import torch
from torch import Tensor

from ballast.anchors import Anchor
from ballast.errors import DivergedError, InvalidInputError
from ballast.forward import batches
from ballast.models import OpenedModel

# By number. Not among the handles: a reader may still look at what it was lent when all handles are released.
_lent: dict[int, Tensor] = {}
_numbers = itertools.count(1)


def lend(tensor: Tensor) -> dict:
    """{"number", "dtype", "shape", "address", "bytes"} of a tensor that is kept until `give_back(number)`.

    On a CPU the memory is the tensor's own unless it is not contiguous; from a GPU it is a copy in pinned memory.
    """
    lent = tensor.detach()
    if lent.device.type == "cpu":
        lent = lent.contiguous()
    else:
        lent = torch.empty(lent.shape, dtype=lent.dtype, pin_memory=True).copy_(lent)
    number = next(_numbers)
    _lent[number] = lent
    return {
        "number": number,
        "dtype": str(lent.dtype).removeprefix("torch."),
        "shape": list(lent.shape),
        "address": lent.data_ptr(),
        "bytes": lent.nbytes,
    }


def give_back(number: int) -> None:
    """Giving back twice is allowed."""
    _lent.pop(number, None)


def lent_bytes() -> int:
    """What is lent at the moment, for tests."""
    return sum(tensor.nbytes for tensor in _lent.values())


def parameter_names(opened: OpenedModel) -> list[str]:
    return [name for name, _ in opened.model.named_parameters()]


def parameter(opened: OpenedModel, name: str) -> Tensor:
    """A parameter as it is trained.

    Raises:
        InvalidInputError: there is none of this name; names the nearest.
    """
    return _named(dict(opened.model.named_parameters()), name, "parameter")


def of_anchor(anchor: Anchor, kind: str, name: str) -> Tensor:
    """Ω ("importance") or θ* ("reference") of a parameter, fp32, of its shape.

    Raises:
        InvalidInputError: there is none of this name, or the reference is the base, of which an anchor has no values.
    """
    if kind == "reference" and anchor.reference is None:
        raise InvalidInputError(
            "expected an anchor with its reference, found one whose reference is the base model: read the parameter "
            "of that model"
        )
    return _named(anchor.importance if kind == "importance" else anchor.reference, name, kind).float()


@torch.no_grad()
def logits(opened: OpenedModel, ids: numpy.ndarray, rows: int, length: int) -> Tensor:
    """[rows, length, vocabulary] fp32 for ids [rows, length] int64.

    Raises:
        InvalidInputError: the ids are not the model's.
        DivergedError: the model answers NaN.
    """
    answers = _forward(opened, ids, rows, length, output_hidden_states=False).logits.float()
    if answers.isnan().any():
        raise DivergedError("expected logits, found NaN: the model's parameters or activations are not finite")
    return answers


@torch.no_grad()
def hidden_states(opened: OpenedModel, ids: numpy.ndarray, rows: int, length: int) -> list[Tensor]:
    """The embedding's, then each block's: [rows, length, hidden size] fp32 for ids [rows, length] int64.

    Raises:
        InvalidInputError: the ids are not the model's.
    """
    return [state.float() for state in _forward(opened, ids, rows, length, output_hidden_states=True).hidden_states]


def _forward(opened: OpenedModel, ids: numpy.ndarray, rows: int, length: int, output_hidden_states: bool):
    read = batches.read_ids(ids, rows * length, opened.vocabulary_size, opened.device).view(rows, length)
    opened.model.eval()
    with opened.autocast():
        return opened.model(input_ids=read, use_cache=False, output_hidden_states=output_hidden_states)


def _named(tensors, name: str, kind: str) -> Tensor:
    if name not in tensors:
        nearest = difflib.get_close_matches(name, list(tensors), n=3) or list(tensors)[:3]
        article = "an" if kind == "importance" else "a"
        raise InvalidInputError(
            f"expected the name of {article} {kind}, found {name!r}; the nearest are {', '.join(nearest)}"
        )
    return tensors[name]
