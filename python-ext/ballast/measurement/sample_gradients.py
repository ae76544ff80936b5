"""Squares or magnitudes of each sample's gradient, exact at any batch size."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ballast.errors import InvalidInputError


@dataclass(frozen=True)
class _Use:
    """One call of a module with a covered parameter of its own, `key` there: its input, and ∂L/∂output."""

    module: nn.Module
    key: str
    inputs: Tensor  # [tokens, in], [tokens, heads, in], or [tokens] of ids
    output_gradients: Tensor  # [tokens, out] or [tokens, heads, out]
    samples: list[Tensor]  # for each sample the indices of its tokens


class SampleGradients:
    """Sums (∂ℓ_n/∂θ)², or |∂ℓ_n/∂θ|, over samples n, from one backward pass of Σ_n ℓ_n over a whole batch.

    A backward pass adds the samples' gradients up before anything can be done to each. What it passes to each module
    still has the samples apart: a linear layer with inputs x and output gradients δ has ∂ℓ_n/∂W = Σ_{t∈n} δ_t x_tᵀ, one
    small matrix product for each sample, into a tile that is used again. So the result is that of batches of one,
    exactly, for linear layers, GPT-2's Conv1D, embeddings, and whatever treats each token by itself (norms), or each head
    of a token (the norms of queries and keys in Qwen3 and Gemma 3). A parameter that is used several times, such as a
    tied embedding, is summed over its uses first, and over heads.

    From a notebook::

        gradients = SampleGradients(model, covered_parameters(model))
        for ids in batches:                                      # [rows, length]
            rows = torch.arange(len(ids))[:, None].expand_as(ids)
            with gradients.of_samples(rows):
                (cross_entropy_summed_over_all_targets(model, ids)).backward()
        fisher = {name: total / gradients.samples for name, total in gradients.totals.items()}

    Attributes:
        totals: the sum over samples by parameter name, fp32, the shape of its parameter; of a linear layer's weight in 4
            or 8 bits [out, in]
        samples: how many have been summed
    """

    def __init__(self, model: nn.Module, parameters: Mapping[str, Tensor], magnitudes: bool = False) -> None:
        """
        Args:
            model: parameters used outside of the modules that own them cannot be told apart by sample, and are refused
                when they are met
            parameters: what to measure, by name; live. A frozen one is measured without ever having a `.grad`, if the
                modules that own it are all that use it, which cannot be checked then
            magnitudes: whether to sum |∂ℓ_n/∂θ| instead of its square
        """
        self.samples = 0
        self._parameters = dict(parameters)
        self._magnitudes = magnitudes
        self._heads_first: dict[nn.Module, bool] = {}
        names = {parameter: name for name, parameter in parameters.items()}
        self._owned = {
            module: owned
            for module in model.modules()
            if (owned := {key: names[p] for key, p in module._parameters.items() if p is not None and p in names})
        }
        self.totals = {
            name: torch.zeros(parameter.shape, dtype=torch.float32, device=parameter.device)
            for name, parameter in parameters.items()
        }
        for module, owned in self._owned.items():
            if "weight" in owned and is_in_few_bits(module):
                shape = (module.out_features, module.in_features)
                self.totals[owned["weight"]] = torch.zeros(shape, device=module.weight.device)

    @contextmanager
    def of_samples(self, sample_of: Tensor, scored: Tensor | None = None) -> Iterator[None]:
        """Measures the backward pass made inside; drops the gradients that it leaves.

        Args:
            sample_of: [rows, length] int64: which sample a token belongs to, from 0; -1 for none (padding)
            scored: [S] int64 indices into the flattened tokens, where the head sees only these

        Raises:
            InvalidInputError: a parameter that has a gradient no module call accounts for, or a module whose inputs
                are neither the batch's tokens, or their heads, nor the scored ones.
        """
        tokens = sample_of.flatten()
        count = int(tokens.max()) + 1
        by_length = {len(tokens): _partition(tokens, count)}
        if scored is not None:
            by_length.setdefault(len(scored), _partition(tokens[scored], count))
        uses: dict[str, list[_Use]] = {name: [] for name in self._parameters}
        hooks = [module.register_forward_hook(self._watch(sample_of.shape, by_length, uses)) for module in self._owned]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
            gradients = {name for name, parameter in self._parameters.items() if parameter.grad is not None}
            for parameter in self._parameters.values():
                parameter.grad = None
        if unseen := [name for name in gradients if not uses[name]]:
            raise InvalidInputError(
                f"expected every parameter to be used by the module that owns it, found {sorted(unseen)[0]} with a "
                "gradient from elsewhere: its gradients cannot be told apart by sample; leave it out of the adapter, "
                'or use the method "hierarchical", which needs no gradient for each sample'
            )
        with torch.no_grad():
            for name, parameter_uses in uses.items():
                if parameter_uses:
                    self._add(name, parameter_uses, count)
        self.samples += count

    def _watch(self, shape: torch.Size, by_length: dict[int, list[Tensor]], uses: dict[str, list[_Use]]):
        def called(module: nn.Module, arguments: tuple, output: Tensor) -> None:
            if torch.is_grad_enabled() and not output.requires_grad:
                output.requires_grad_()  # All of the module is frozen, and all before it: its gradient begins here.
            if not torch.is_grad_enabled() or is_recomputing():
                return
            by_token = self._by_token(module, arguments[0], shape, by_length)
            inputs = by_token(arguments[0].detach())

            def arrived(gradient: Tensor) -> None:
                outputs = by_token(gradient.detach())
                for key, name in self._owned[module].items():
                    uses[name].append(_Use(module, key, inputs, outputs, by_length[len(inputs)]))

            if output.requires_grad:
                output.register_hook(arrived)

        return called

    def _by_token(
        self, module: nn.Module, inputs: Tensor, shape: torch.Size, lengths: Collection[int]
    ) -> Callable[[Tensor], Tensor]:
        """What puts a module's inputs, and the gradient of its output, in the order of tokens: [tokens, (heads,) width].

        Args:
            module: that was called
            inputs: what with
            shape: (rows, length) of the batch
            lengths: how many tokens a call may have
        """
        places = inputs.shape if isinstance(module, nn.Embedding) else inputs.shape[:-1]
        if places.numel() in lengths:
            return lambda tensor: tensor.flatten(0, len(places) - 1)
        rows, length = shape
        if len(places) == 3 and places[0] == rows and length in places[1:]:
            if places[1] != places[2]:
                self._heads_first[module] = places[2] == length
            # Where there are as many heads as tokens: as in other batches, or else as the linear layer before has written.
            if self._heads_first.get(module, inputs.stride(1) < inputs.stride(2)):
                return lambda tensor: tensor.transpose(1, 2).flatten(0, 1)
            return lambda tensor: tensor.flatten(0, 1)
        raise InvalidInputError(
            f"expected inputs of {' or '.join(map(str, lengths))} tokens, found {list(places)} in "
            f"{type(module).__name__}: gradients for each sample cannot be told apart in this architecture; use the "
            'method "hierarchical", which needs none'
        )

    def _add(self, name: str, uses: list[_Use], count: int) -> None:
        parameter, total = self._parameters[name], self.totals[name]
        tile = torch.empty_like(total)
        for sample in range(count):
            tile.zero_()
            for use in uses:
                chosen = use.samples[sample]
                _add_gradient(tile, use.module, use.key, parameter, use.inputs[chosen], use.output_gradients[chosen])
            if self._magnitudes:
                total += tile.abs_()
            else:
                total.addcmul_(tile, tile)


def _partition(sample_of: Tensor, count: int) -> list[Tensor]:
    """For each of the samples the indices of its tokens."""
    return [(sample_of == sample).nonzero().squeeze(1) for sample in range(count)]


def is_in_few_bits(module: nn.Module) -> bool:
    """Whether it is a linear layer whose weight is held as integers, which it multiplies by as if they were numbers."""
    return isinstance(module, nn.Linear) and not module.weight.is_floating_point()


def is_recomputing() -> bool:
    """Whether a forward pass goes on inside a backward pass: a checkpointed block's second one, which is no other use."""
    return torch._C._current_graph_task_id() != -1


def _add_gradient(
    tile: Tensor, module: nn.Module, key: str, parameter: Tensor, inputs: Tensor, gradients: Tensor
) -> None:
    """Adds the gradient of one sample through one use: its [tokens, (heads,) in] or ids, and [tokens, (heads,) out]."""
    from transformers.pytorch_utils import Conv1D

    gradients = gradients.to(tile.dtype)
    kind = next((each for each in (nn.Linear, Conv1D, nn.Embedding) if type(module).forward is each.forward), None)
    kind = nn.Linear if is_in_few_bits(module) else kind
    if kind in (nn.Linear, Conv1D):
        inputs, gradients = inputs.flatten(0, -2), gradients.flatten(0, -2)
    if kind in (nn.Linear, Conv1D) and key == "bias":
        tile += gradients.sum(0)
    elif kind is nn.Linear:
        tile.addmm_(gradients.T, inputs.to(tile.dtype))
    elif kind is Conv1D:
        tile.addmm_(inputs.to(tile.dtype).T, gradients)
    elif kind is nn.Embedding:
        if module.padding_idx is not None:
            gradients = gradients * (inputs != module.padding_idx)[:, None]
        tile.index_add_(0, inputs, gradients)
    else:  # Norms, and what does more than its name says, as Gemma 3's embedding, which scales.
        with torch.enable_grad():
            (own,) = torch.autograd.grad(module(inputs), parameter, gradients)
        tile += own
