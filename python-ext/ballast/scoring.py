"""Losses and log-probabilities of a causal language model, with logits only where a token is scored.

For a vocabulary of 128,000 the logits of a whole batch outweigh everything else in memory, and completions are scored
on a fraction of their positions; the choice is made on the hidden states, in front of the head.
"""

from contextlib import contextmanager

import numpy
import torch
from torch.nn import functional

from ballast.batches import TokenBatch, packed_mask
from ballast.errors import InvalidInputError
from ballast.models import OpenedModel

# Numbers held at once in fp32 while log-probabilities are taken: 256 MiB.
CHUNK = 1 << 26


def selected_logits(opened: OpenedModel, batch: TokenBatch, own_positions: bool = False) -> torch.Tensor:
    """[S, vocabulary]: the logits at the scored positions, in the model's arithmetic.

    With `own_positions` each row looks its positions up for itself; else rows may share one lookup.
    """
    inputs = _inputs(opened.model, batch)
    if own_positions:
        inputs["position_ids"] = batch.positions
    with opened.autocast(), _head_sees_only(opened.model, batch.scored):
        return opened.model(use_cache=False, **inputs).logits[0]


def loss_sum(opened: OpenedModel, batch: TokenBatch) -> torch.Tensor:
    """The cross entropy summed over the scored targets, fp32, in nats."""
    return functional.cross_entropy(selected_logits(opened, batch).float(), batch.targets, reduction="sum")


@torch.no_grad()  # Not inference_mode: buffers that a forward pass makes anew could then not serve training.
def mean_loss(opened: OpenedModel, batch: TokenBatch) -> tuple[float, int]:
    """(nats summed over the scored targets, their number)."""
    opened.model.eval()
    if batch.scored.numel() == 0:
        return 0.0, 0
    log_probabilities, _ = _score(opened, batch)
    return -float(log_probabilities.double().sum()), batch.scored.numel()


@torch.no_grad()
def score(opened: OpenedModel, batch: TokenBatch, output: numpy.ndarray) -> None:
    """Fills two planes of [rows, length] fp32: the target's log-probability in nats; 1 where it is the likeliest."""
    opened.model.eval()
    planes = _output_planes(output, *batch.ids.shape)
    planes.zero_()
    if batch.scored.numel():
        log_probabilities, greedy = _score(opened, batch)
        scored = batch.scored.cpu()
        planes[0, scored] = log_probabilities.cpu()
        planes[1, scored] = greedy.cpu()


def _score(opened: OpenedModel, batch: TokenBatch) -> tuple[torch.Tensor, torch.Tensor]:
    """([S] log-probabilities, [S] 1.0 where the target is the argmax), fp32."""
    logits = selected_logits(opened, batch)
    rows = max(1, CHUNK // logits.shape[-1])
    log_probabilities, greedy = [], []
    for part, targets in zip(logits.split(rows), batch.targets.split(rows), strict=True):
        log_probabilities.append(part.float().log_softmax(-1).gather(-1, targets[:, None])[:, 0])
        greedy.append((part.argmax(-1) == targets).float())
    return torch.cat(log_probabilities), torch.cat(greedy)


def _inputs(model: torch.nn.Module, batch: TokenBatch) -> dict:
    """Rows of one document need no mask: padding is on the right, and attention is causal."""
    if not batch.packed:
        return {"input_ids": batch.ids}
    additive = model.config._attn_implementation != "sdpa"
    mask = packed_mask(model.config, batch, additive)
    return {"input_ids": batch.ids, "attention_mask": mask, "position_ids": batch.positions}


@contextmanager
def _head_sees_only(model: torch.nn.Module, scored: torch.Tensor):
    """Whatever a model does after its head (scales, soft caps) then applies to the selection as it would to all."""

    def select(_head: torch.nn.Module, arguments: tuple) -> tuple:
        (hidden,) = arguments
        return (hidden.flatten(0, 1).index_select(0, scored)[None],)

    hook = model.get_output_embeddings().register_forward_pre_hook(select)
    try:
        yield
    finally:
        hook.remove()


def _output_planes(output: numpy.ndarray, rows: int, length: int) -> torch.Tensor:
    """A view of the output buffer as [2, rows * length]."""
    output = numpy.asarray(output)
    if output.dtype != numpy.float32 or output.size < 2 * rows * length:
        raise InvalidInputError(
            f"output: expected {2 * rows * length} float32 in native byte order, found {output.size} of {output.dtype}"
        )
    return torch.from_numpy(output)[: 2 * rows * length].view(2, rows * length)
