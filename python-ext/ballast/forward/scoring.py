"""Losses and log-probabilities of a causal language model, with logits only where a token is scored.

For a vocabulary of 128,000 the logits of a whole batch outweigh everything else in memory, and completions are scored
on a fraction of their positions; the choice is made on the hidden states, in front of the head.
"""

from collections.abc import Iterator

import numpy
import torch
from torch.nn import functional
from transformers.cache_utils import DynamicCache

from ballast.errors import InvalidInputError
from ballast.forward.batches import ScoringBatch, TokenBatch, packed_mask
from ballast.forward.linear_cross_entropy import linear_cross_entropy
from ballast.forward.prefixes import Prefix
from ballast.kernels import shards
from ballast.models import OpenedModel
from ballast.models.head import head_gives, head_input, head_sees_only, last_projection

# Numbers held at once in fp32 while log-probabilities are taken: 256 MiB. On a CPU 16 MiB, which its caches nearly hold:
# 0.86 s for 2,048 rows of 32,000, where all at once take 1.19 and lm-eval's way 0.98.
CHUNK = 1 << 26
CHUNK_ON_CPU = 1 << 22


def selected_logits(
    opened: OpenedModel, batch: TokenBatch, own_positions: bool = False, prefix: Prefix | None = None
) -> torch.Tensor:
    """[S, vocabulary]: the logits at the scored positions, in the model's arithmetic.

    With `own_positions` each row looks its positions up for itself; else rows may share one lookup. All rows continue
    the `prefix`, where there is one.
    """
    inputs = _inputs(opened.model, batch, prefix)
    if own_positions:
        inputs["position_ids"] = batch.positions
    with opened.autocast(), head_sees_only(opened.model, batch.scored):
        return opened.model(use_cache=False, **inputs).logits[0]


def loss_sum(opened: OpenedModel, batch: TokenBatch) -> torch.Tensor:
    """The cross entropy summed over the scored targets, fp32, in nats; a chunk of logits at once where that can be."""
    head = last_projection(opened.model)
    if head is not None:

        def chunked(hidden: torch.Tensor) -> torch.Tensor:
            return linear_cross_entropy(hidden.to(opened.dtype), head.weight, head.bias, batch.targets)

        with opened.autocast(), head_gives(opened.model, batch.scored, chunked):
            return opened.model(use_cache=False, **_inputs(opened.model, batch, None)).logits
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
def score(
    opened: OpenedModel, batch: ScoringBatch, output: numpy.ndarray, prefix: Prefix | None = None
) -> None:
    """Fills two lists of [targets] fp32: the log-probability in nats; 1 where the target is the likeliest.

    Equal to scoring each target's row alone up to the order of sums, which depends on what is computed together: about
    1e-5 in fp32. In bfloat16 it is about 1e-2, and tokens that are equally likely up to rounding may change places.
    """
    opened.model.eval()
    planes = _output_planes(output, len(batch.places))
    log_probabilities, greedy = _score(opened, batch.tokens, batch.places, prefix)
    planes[0] = log_probabilities
    planes[1] = greedy


@torch.no_grad()
def read_prefix(opened: OpenedModel, ids: torch.Tensor) -> Prefix:
    """Reads what many rows begin with. `ids`: [length] int64, on the model's device."""
    opened.model.eval()
    read = DynamicCache()
    last = torch.tensor([len(ids) - 1], device=ids.device)
    with opened.autocast(), head_sees_only(opened.model, last):
        opened.model(input_ids=ids[None], past_key_values=read, use_cache=True)
    return Prefix(read)


def _score(
    opened: OpenedModel, batch: TokenBatch, places: torch.Tensor | None = None, prefix: Prefix | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """([T] log-probabilities, [T] 1.0 where the target is the argmax), fp32; t is read at scored[places[t]]."""
    if places is None:
        places = torch.arange(len(batch.scored), device=batch.scored.device)
    chunk = CHUNK_ON_CPU if opened.device.type == "cpu" else CHUNK
    rows = max(1, chunk // opened.vocabulary_size)
    log_probabilities = torch.empty(len(places), device=places.device)
    greedy = torch.empty_like(log_probabilities)
    parts = _logits_in_parts(opened, batch, rows, prefix)
    for first, part in zip(range(0, len(batch.scored), rows), parts, strict=True):
        (chosen,) = ((places >= first) & (places < first + rows)).nonzero(as_tuple=True)
        at, targets = places[chosen] - first, batch.targets[chosen]
        # Not the logits less their logsumexp, which is nearer to float64 (2e-5 against 1.3e-4 on a HellaSwag ending): on
        # the CPU the two round differently, and lm-eval's numbers are log_softmax's.
        log_probabilities[chosen] = part.float().log_softmax(-1)[at, targets]
        greedy[chosen] = (part.max(-1).indices[at] == targets).float()
    return log_probabilities, greedy


def _logits_in_parts(
    opened: OpenedModel, batch: TokenBatch, rows: int, prefix: Prefix | None
) -> Iterator[torch.Tensor]:
    """`selected_logits`, `rows` at a time; never all at once where nothing comes after the head."""
    head = last_projection(opened.model)
    if head is None or shards.is_sharded(head.weight):
        yield from selected_logits(opened, batch, prefix=prefix).split(rows)
        return
    for hidden in _hidden(opened, batch, prefix).split(rows):
        with opened.autocast():
            logits = head(hidden)
        yield logits


def _hidden(opened: OpenedModel, batch: TokenBatch, prefix: Prefix | None) -> torch.Tensor:
    """[S, d]: what the head would see at the scored positions."""
    with opened.autocast(), head_input(opened.model, batch.scored) as seen:
        opened.model(use_cache=False, **_inputs(opened.model, batch, prefix))
    return seen[0]


def _inputs(model: torch.nn.Module, batch: TokenBatch, prefix: Prefix | None) -> dict:
    """Rows of one document need no mask: padding is on the right, and attention is causal."""
    if not batch.packed and prefix is None:
        return {"input_ids": batch.ids}
    additive = model.config._attn_implementation != "sdpa"
    mask = packed_mask(model.config, batch, additive, past=prefix.length if prefix else 0)
    inputs = {"input_ids": batch.ids, "attention_mask": mask, "position_ids": batch.positions}
    return inputs | {"past_key_values": prefix.cache} if prefix else inputs


def _output_planes(output: numpy.ndarray, targets: int) -> torch.Tensor:
    """A view of the output buffer as [2, targets]."""
    output = numpy.asarray(output)
    if output.dtype != numpy.float32 or output.size < 2 * targets:
        raise InvalidInputError(
            f"output: expected {2 * targets} float32 in native byte order, found {output.size} of {output.dtype}"
        )
    return torch.from_numpy(output)[: 2 * targets].view(2, targets)
