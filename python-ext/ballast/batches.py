"""Batches as they arrive: a slot of int64 in memory that Java owns, read in place.

A slot is four planes of [rows, length], one after the other: `ids`; `targets`, the token to be predicted after reading
the id (-100 = not scored); `positions`, restarting at each document; `segments`, 0 = padding, a row's documents from 1.
Rows are padded on the right. The slot may be larger than the batch. It is read only during the call that hands it over.
"""

from dataclasses import dataclass

import numpy
import torch

from ballast.errors import InvalidInputError

PLANES = 4
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

    def mark_tokens(self, seen: torch.Tensor) -> None:
        """Sets `seen` ([vocabulary] bool) for the tokens of the batch, padding left out."""
        seen[self.ids[self.segments > 0]] = True
        seen[self.targets] = True

    def documents(self) -> torch.Tensor:
        """[rows, length] int64: the number of each token's document in the batch, from 0; -1 for padding."""
        row = torch.arange(len(self.ids), device=self.ids.device)[:, None]
        key = row * (self.segments.max() + 1) + self.segments
        is_text = self.segments > 0
        documents = torch.full_like(key, -1)
        documents[is_text] = key[is_text].unique(return_inverse=True)[1]
        return documents


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
    parts = (_to_device(part, device) for part in (ids, planes[2], planes[3], scored, chosen))
    return TokenBatch(*parts, packed)


def slot_planes(slot: numpy.ndarray, rows: int, length: int) -> torch.Tensor:
    """A view of the slot as [4, rows, length]."""
    slot = numpy.asarray(slot)  # Jep hands over its own buffer type, or a numpy array: nothing is copied.
    if slot.dtype != numpy.int64:  # A swapped byte order is another dtype.
        raise InvalidInputError(f"slot: expected int64 in native byte order, found {slot.dtype}")
    needed = PLANES * rows * length
    if rows < 1 or length < 1 or slot.size < needed:
        raise InvalidInputError(f"slot: {rows} rows of {length} need {needed} numbers, the slot has {slot.size}")
    return torch.from_numpy(slot)[:needed].view(PLANES, rows, length)


def packed_mask(config, batch: TokenBatch, additive: bool) -> torch.Tensor | dict[str, torch.Tensor]:
    """Block-diagonal causal attention: [rows, 1, length, length], True where a token may look.

    Models whose layers look back only a window take one mask for each kind of layer.
    """
    length = batch.ids.shape[1]
    same_document = batch.segments[:, None, :, None] == batch.segments[:, None, None, :]
    index = torch.arange(length, device=batch.ids.device)
    # Padding looks at padding: a row of the mask without any True makes NaN in some attention kernels.
    full = same_document & (index[:, None] >= index[None, :])
    window = getattr(config, "sliding_window", None)
    kinds = getattr(config, "layer_types", None)
    if getattr(config, "num_attention_heads", None) is None or not set(kinds or []) <= {
        "full_attention",
        "sliding_attention",
    }:
        raise InvalidInputError(
            f"packing: {config.model_type} models have layers that no mask keeps apart; set packing to false"
        )
    if window is None or length <= window or (kinds and "sliding_attention" not in kinds):
        return _additive(full) if additive else full
    near = full & (index[:, None] - index[None, :] < window)
    masks = {"full_attention": full, "sliding_attention": near}
    masks = {kind: _additive(mask) if additive else mask for kind, mask in masks.items()}
    return masks if kinds else masks["sliding_attention"]


def _additive(mask: torch.Tensor) -> torch.Tensor:
    """For attention written out in PyTorch (GPT-J): it adds the mask to the scores, a boolean as 0 and 1."""
    return torch.zeros(mask.shape, device=mask.device).masked_fill_(~mask, torch.finfo(torch.float32).min)


def _to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """From pinned memory the copy runs beside the GPU's work; the block is PyTorch's, so Java may refill the slot."""
    if device.type == "cpu":
        return tensor
    return tensor.pin_memory().to(device, non_blocking=True)


def check_ids(what: str, ids: torch.Tensor, vocabulary_size: int, length: int, allowed: int = 0) -> None:
    """Checked on the host because an index out of range ends a CUDA process for good."""
    wrong = ((ids < 0) & (ids != allowed)) | (ids >= vocabulary_size)
    if wrong.any():
        at = int(wrong.nonzero()[0])
        raise InvalidInputError(
            f"{what} {int(ids[at])} at row {at // length}, position {at % length} is not in the model's vocabulary of "
            f"{vocabulary_size}; the tokenizer does not belong to this model"
        )
