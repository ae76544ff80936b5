"""A causal language model's forward pass as a function of tensors alone, which can be traced."""

import torch
from torch import Tensor, nn


class PlainForward(nn.Module):
    """Without a cache: every token is read at every step."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits [batch, new, vocabulary], fp32, of ids [batch, new]."""
        positions = _positions(attention_mask)
        output = self.model(input_ids=input_ids, attention_mask=attention_mask, position_ids=positions, use_cache=False)
        return output.logits.float()


class CachedForward(nn.Module):
    """With the keys and values of the tokens before."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor, past: list[Tensor]) -> tuple[Tensor, ...]:
        """Logits, then keys and values of all tokens.

        Args:
            input_ids: [batch, new]
            attention_mask: [batch, past + new], 0 where a token is padding
            past: key and value of each layer in turn, each [batch, heads, past, size of a head]

        Returns:
            logits [batch, new, vocabulary] in fp32, then as `past` with [batch, heads, past + new, size of a head]
        """
        from transformers import DynamicCache

        cache = DynamicCache(list(zip(past[::2], past[1::2], strict=True)))
        positions = _positions(attention_mask)[:, -input_ids.shape[1] :]
        output = self.model(
            input_ids=input_ids, attention_mask=attention_mask, position_ids=positions, past_key_values=cache,
            use_cache=True,
        )  # fmt: skip
        present = [tensor for layer in output.past_key_values.layers for tensor in (layer.keys, layer.values)]
        return output.logits.float(), *present


def cache_shapes(model: nn.Module) -> list[list[int]] | None:
    """[heads, size of a head] of each layer's keys; None for a model whose memory is not keys and values of all tokens.

    Asked of the model itself, by two tokens: configurations name these numbers in many ways.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    with torch.no_grad():
        cache = model(input_ids=torch.ones((1, 2), dtype=torch.long), use_cache=True).past_key_values
    if not isinstance(cache, DynamicCache) or any(type(layer) is not DynamicLayer for layer in cache.layers):
        return None
    if any(layer.keys.shape != layer.values.shape for layer in cache.layers):
        return None
    return [[layer.keys.shape[1], layer.keys.shape[3]] for layer in cache.layers]


def _positions(attention_mask: Tensor) -> Tensor:
    """[batch, all]: the first token that is no padding is at 0."""
    return (attention_mask.cumsum(-1) - 1).clamp(min=0)
