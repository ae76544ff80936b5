"""What many rows begin with, read once: its keys and values serve all batches that continue it.

A prefix holds layers * 2 * key-value heads * head size numbers a token, for one row. Each layer joins it to a batch's
own keys and values for the length of its attention only: it is never held once for each row and layer.
"""

import torch
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

# These rotary positions depend on how long the longest row of a batch is: keys of a shorter batch do not serve it.
LENGTH_DEPENDENT_ROPE = {"dynamic", "longrope"}


class Prefix:
    """The keys and values of a row's first `length` tokens, as a model's attention takes them."""

    def __init__(self, read: DynamicCache):
        """`read`: filled by one row that was read with it."""
        self.length = read.get_seq_length()
        self.cache = Cache(layers=[_PrefixLayer(layer.keys, layer.values) for layer in read.layers])


class _PrefixLayer(DynamicLayer):
    """Joins what was read before to the keys and values of each batch, and keeps nothing of the batch."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor):
        super().__init__()
        self.lazy_initialization(keys, values)
        self.keys, self.values = keys, values  # [1, heads, prefix, head size]

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *_args, **_kwargs):
        return self._joined(self.keys, key_states), self._joined(self.values, value_states)

    @staticmethod
    def _joined(before: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        return torch.cat([before.expand(len(states), -1, -1, -1), states], dim=-2)


def depends_on_length(config) -> bool:
    """Whether a token's keys depend on the length of the row it stands in."""
    parameters = getattr(config, "rope_parameters", None) or {}
    by_layer = [each for each in parameters.values() if isinstance(each, dict)]
    return any(each.get("rope_type") in LENGTH_DEPENDENT_ROPE for each in [parameters, *by_layer])
