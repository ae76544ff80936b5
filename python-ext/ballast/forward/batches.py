"""Batches as they arrive: a slot of int64 in memory that Java owns, read in place.

A slot is four planes of [rows, length], one after the other: `ids`; `targets`, the token to be predicted after reading
the id (-100 = not scored); `positions`, restarting at each document; `segments`, 0 = padding, a row's documents from 1.
Rows are padded on the right. The slot may be larger than the batch. It is read only during the call that hands it over.

For scoring, where a context is read once for all that continues it, the slot is: three planes of [rows, length],
`ids`, `positions` (a branch goes on where the context ends) and `segments` (0 = padding, 1 = the context, from 2 its
branches); then two lists of [targets]: indices into the flattened [rows * length], several of which may be equal, and
the tokens to be predicted there.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy
import torch

from ballast.errors import InvalidInputError

PLANES = 4
SCORING_PLANES = 3
NOT_SCORED = -100


@dataclass(frozen=True)
class TokenBatch:
    """A batch on the model's device. S is the number of scored positions."""

    ids: torch.Tensor  # [rows, length] int64
    positions: torch.Tensor  # [rows, length] int64
    segments: torch.Tensor  # [rows, length] int64
    scored: torch.Tensor  # [S] int64, indices into the flattened [rows * length]
    targets: torch.Tensor  # [S] int64
    packed: bool
    # Whether what stands in segment 1 of a row is seen by all of the row's segments.
    branched: bool = False

    def mark_tokens(self, seen: torch.Tensor) -> None:
        """Sets `seen` ([vocabulary] bool) for the tokens of the batch, padding left out."""
        # Counted, for a choice by content would make the host wait for a GPU.
        is_text = (self.segments > 0).flatten().int()
        seen |= torch.zeros_like(seen, dtype=torch.int32).index_add_(0, self.ids.flatten(), is_text) > 0
        seen.index_fill_(0, self.targets, True)

    def documents(self) -> torch.Tensor:
        """[rows, length] int64: the number of each token's document in the batch, from 0; -1 for padding."""
        row = torch.arange(len(self.ids), device=self.ids.device)[:, None]
        key = row * (self.segments.max() + 1) + self.segments
        is_text = self.segments > 0
        documents = torch.full_like(key, -1)
        documents[is_text] = key[is_text].unique(return_inverse=True)[1]
        return documents


@dataclass(frozen=True)
class ScoringBatch:
    """Rows to be scored: a position may be asked for several tokens. T is the number of targets."""

    tokens: TokenBatch  # `scored` holds each position once; `targets` is [T] here
    places: torch.Tensor  # [T] int64, indices into `tokens.scored`


def read_slot(
    slot: numpy.ndarray, rows: int, length: int, packed: bool, vocabulary_size: int, device: torch.device
) -> TokenBatch:
    """The batch in a slot. On CPU it shares the slot's memory."""
    planes = slot_planes(slot, rows, length)
    ids, targets = planes[0], planes[1].view(-1)
    # Chosen here, on the host: on a GPU a choice by content would wait for everything queued before it.
    scored = (targets != NOT_SCORED).nonzero().squeeze(1)
    chosen = targets[scored]
    check_ids("id", ids.view(-1), vocabulary_size, length)
    check_ids("target", targets, vocabulary_size, length, allowed=NOT_SCORED)
    return TokenBatch(*_to_device((ids, planes[2], planes[3], scored, chosen), device), packed)


def read_scoring_slot(
    slot: numpy.ndarray,
    rows: int,
    length: int,
    targets: int,
    branched: bool,
    vocabulary_size: int,
    device: torch.device,
) -> ScoringBatch:
    """The batch in a slot for scoring. On CPU it shares the slot's memory."""
    if targets < 1:
        raise InvalidInputError(f"slot: expected at least one target, found {targets}")
    numbers = _numbers(slot, rows, length, SCORING_PLANES * rows * length + 2 * targets)
    ids, positions, segments = numbers[: -2 * targets].view(SCORING_PLANES, rows, length)
    at, chosen = numbers[-2 * targets :].view(2, targets)
    check_ids("id", ids.view(-1), vocabulary_size, length)
    check_ids("target", chosen, vocabulary_size, targets)
    if at.min() < 0 or at.max() >= rows * length:
        raise InvalidInputError(f"slot: a target stands outside of its {rows} rows of {length}")
    # On the host, as in `read_slot`.
    scored, places = at.unique(return_inverse=True)
    *tokens, places = _to_device((ids, positions, segments, scored, chosen, places), device)
    return ScoringBatch(TokenBatch(*tokens, branched, branched), places)


def read_ids(ids: numpy.ndarray, length: int, vocabulary_size: int, device: torch.device) -> torch.Tensor:
    """[length] int64 of its own: the beginning of a row, from a buffer that the caller takes back."""
    row = _numbers(ids, 1, length, length)
    check_ids("id", row, vocabulary_size, length)
    return row.to(device, copy=True)


def slot_planes(slot: numpy.ndarray, rows: int, length: int) -> torch.Tensor:
    """A view of the slot as [4, rows, length]."""
    return _numbers(slot, rows, length, PLANES * rows * length).view(PLANES, rows, length)


def _numbers(slot: numpy.ndarray, rows: int, length: int, needed: int) -> torch.Tensor:
    """The first `needed` numbers of a slot."""
    slot = numpy.asarray(slot)  # Jep hands over its own buffer type, or a numpy array: nothing is copied.
    if slot.dtype != numpy.int64:  # A swapped byte order is another dtype.
        raise InvalidInputError(f"slot: expected int64 in native byte order, found {slot.dtype}")
    if rows < 1 or length < 1 or slot.size < needed:
        raise InvalidInputError(f"slot: {rows} rows of {length} need {needed} numbers, the slot has {slot.size}")
    return torch.from_numpy(slot)[:needed]


def packed_mask(
    config, batch: TokenBatch, additive: bool, past: int = 0
) -> torch.Tensor | dict[str, torch.Tensor]:
    """Causal attention within segments: [rows, 1, length, past + length], True where a token may look.

    All tokens see the `past` that was read before the batch, and all segments of a branched row its first.
    Models whose layers look back only a window take one mask for each kind of layer.
    """
    length = batch.ids.shape[1]
    visible = batch.segments[:, None, :, None] == batch.segments[:, None, None, :]
    if batch.branched:
        visible |= (batch.segments == 1)[:, None, None, :]
    index = torch.arange(length, device=batch.ids.device)
    # Padding looks at padding: a row of the mask without any True makes NaN in some attention kernels.
    full = visible & (index[:, None] >= index[None, :])
    if past:
        full = torch.cat([full.new_ones(len(full), 1, length, past), full], -1)
    window = getattr(config, "sliding_window", None)
    kinds = getattr(config, "layer_types", None)
    if getattr(config, "num_attention_heads", None) is None or not set(kinds or []) <= {
        "full_attention",
        "sliding_attention",
    }:
        raise InvalidInputError(
            f"packing: {config.model_type} models have layers that no mask keeps apart; set packing to false"
        )
    if window is None or past + length <= window or (kinds and "sliding_attention" not in kinds):
        return _additive(full) if additive else full
    before = torch.arange(past, device=index.device).expand(len(full), past)
    # By positions: between a branch and its context stand other branches.
    seen = torch.cat([before, batch.positions], -1)
    near = full & (batch.positions[:, None, :, None] - seen[:, None, None, :] < window)
    masks = {"full_attention": full, "sliding_attention": near}
    masks = {kind: _additive(mask) if additive else mask for kind, mask in masks.items()}
    return masks if kinds else masks["sliding_attention"]


def _additive(mask: torch.Tensor) -> torch.Tensor:
    """For attention written out in PyTorch (GPT-J): it adds the mask to the scores, a boolean as 0 and 1."""
    return torch.zeros(mask.shape, device=mask.device).masked_fill_(~mask, torch.finfo(torch.float32).min)


def _to_device(parts: Sequence[torch.Tensor], device: torch.device) -> list[torch.Tensor]:
    """The parts of a batch on the device; on a CPU themselves.

    To a GPU they go through pinned memory on a stream of their own, beside the work that is queued on the current one,
    which waits for them and nothing else does. The pinned blocks are PyTorch's, which keeps each until its copy is done:
    Java may refill the slot as soon as the call returns.
    """
    if device.type == "cpu":
        return list(parts)
    computing, copying = torch.cuda.current_stream(device), _copying(device)
    with torch.cuda.stream(copying):
        there = [part.pin_memory().to(device, non_blocking=True) for part in parts]
    computing.wait_stream(copying)
    for part in there:
        part.record_stream(computing)  # Memory of the other stream: not to be used anew before this one is done with it.
    return there


@functools.cache
def _copying(device: torch.device) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)


def check_ids(what: str, ids: torch.Tensor, vocabulary_size: int, length: int, allowed: int = 0) -> None:
    """Checked on the host because an index out of range ends a CUDA process for good."""
    wrong = ((ids < 0) & (ids != allowed)) | (ids >= vocabulary_size)
    if wrong.any():
        at = int(wrong.nonzero()[0])
        raise InvalidInputError(
            f"{what} {int(ids[at])} at row {at // length}, position {at % length} is not in the model's vocabulary of "
            f"{vocabulary_size}; the tokenizer does not belong to this model"
        )
