"""The head of a causal language model: what it sees, and whether it has the last word."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ballast import ranks
from ballast.models.opened_model import evaluating

logger = logging.getLogger(__name__)

# Whether a model's logits are what its head gives, by model.
_has_the_last_word: WeakKeyDictionary[nn.Module, bool] = WeakKeyDictionary()
# Keys of hooks that hand on what a model gives, by model.
_known_hooks: WeakKeyDictionary[nn.Module, set[int]] = WeakKeyDictionary()


def last_projection(model: nn.Module) -> nn.Linear | None:
    """The head, if it is a plain matrix and nothing comes after it: then logits may be computed from what it sees.

    None for models that scale or cap their logits (Gemma, Cohere, Granite), whose head is adapted or in few bits, or where somebody's hook waits for what head or model give. Each model is tried once, on two tokens.
    """
    head = model.get_output_embeddings()
    if type(head) is not nn.Linear:  # Subclasses may compute anything.
        return None
    if head._forward_hooks or model._forward_hooks.keys() - _known_hooks.get(model, set()):  # There is no public way.
        return None
    if model not in _has_the_last_word:
        _has_the_last_word[model] = _tried(model, head)
    return head if _has_the_last_word[model] else None


def add_hooks(model: nn.Module, add: Callable[[], object]) -> None:
    """Does what puts hooks on a model that hand on what it gives, as FSDP's do; they do not count as somebody's.

    The model is tried before that, by the first rank, which alone has its weights.
    """
    _has_the_last_word[model] = ranks.any_of(ranks.is_first() and last_projection(model) is not None)
    before = set(model._forward_hooks)
    add()
    _known_hooks[model] = model._forward_hooks.keys() - before


@contextmanager
def head_gives(model: nn.Module, scored: Tensor, compute: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Inside, the head of a model gives what is computed of its input instead of logits.

    A sharded head has its whole weight only while the model computes.

    Args:
        model: with a `last_projection`
        scored: [S] int64, indices into the flattened positions
        compute: takes what the head sees there [S, d]
    """
    head = model.get_output_embeddings()
    head.forward = lambda hidden: compute(_selected((hidden,), scored))
    try:
        yield
    finally:
        del head.forward


@contextmanager
def head_sees_only(model: nn.Module, scored: Tensor) -> Iterator[None]:
    """Whatever a model does after its head (scales, soft caps) then applies to the selection as it would to all."""

    def select(_head: nn.Module, arguments: tuple) -> tuple:
        return (_selected(arguments, scored)[None],)

    hook = model.get_output_embeddings().register_forward_pre_hook(select)
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def head_input(model: nn.Module, scored: Tensor) -> Iterator[list[Tensor]]:
    """The model's pass inside ends in front of its head, which sees no position.

    Args:
        scored: [S] int64, indices into the flattened positions

    Yields:
        a list that then has one tensor [S, d]: what the head would have seen
    """
    seen: list[Tensor] = []

    def keep(_head: nn.Module, arguments: tuple) -> tuple:
        seen.append(_selected(arguments, scored))
        return (seen[0][None, :0],)

    hook = model.get_output_embeddings().register_forward_pre_hook(keep)
    try:
        yield seen
    finally:
        hook.remove()


def _selected(arguments: tuple, scored: Tensor) -> Tensor:
    (hidden,) = arguments
    return hidden.flatten(0, 1).index_select(0, scored)


@torch.no_grad()
def _tried(model: nn.Module, head: nn.Linear) -> bool:
    """Whether the model hands on the very tensor that its head made, called once, and unchanged.

    No values are compared: a soft cap hardly changes the logits of a small model, and tensors may have none.
    """
    made: list[tuple[Tensor, int]] = []
    hook = head.register_forward_hook(lambda _head, _arguments, output: made.append((output, output._version)))
    ids = torch.zeros(1, 2, dtype=torch.int64, device=head.weight.device)
    try:
        # In fp32, where a cast to fp32 behind the head does nothing.
        with evaluating(model), torch.autocast(ids.device.type, enabled=False):
            logits = model(input_ids=ids, use_cache=False).logits
    except Exception as error:  # Of a foreign model's code; if it is more than this trial, training will say so.
        logger.info("whole logits: %s: %s", type(error).__name__, error)
        return False
    finally:
        hook.remove()
    return len(made) == 1 and made[0][0] is logits and made[0][1] == logits._version
