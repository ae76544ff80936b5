"""A model spread over the ranks by FSDP2 (`torch.distributed.fsdp.fully_shard`).

Each rank holds a part of every parameter, cut along the first dimension, and everything made of parameters (gradients,
moments, ω, Ω, θ*) is cut alike. A block's parameters are gathered while that block computes.
"""

import torch
from torch import nn

from ballast import ranks
from ballast.errors import InvalidInputError
from ballast.kernels import shards
from ballast.models import head
from ballast.models.layers import blocks_path
from ballast.models.opened_model import OpenedModel

# What a rank that has nothing to do computes meanwhile, so that parameters are gathered with the others.
_NO_WORK = torch.zeros(1, 1, dtype=torch.int64)


def shard(opened: OpenedModel, offload: bool) -> None:
    """Spreads an opened model over the ranks, block by block; its adapter too, where it has one.

    It was opened with `to_shard`: the first rank sends each block to the others, which then keep their part of it, on
    their device, so that no other rank ever holds more than its parts and a block. Gradients are the sums over the ranks,
    not their means, as those of micro-batches are.

    Args:
        opened: in place
        offload: whether parameters, gradients and moments stay on the CPU while they are not used

    Raises:
        InvalidInputError: a model whose linear layers are held in 4 or 8 bits.
    """
    if ranks.size() == 1:
        return
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import CPUOffloadPolicy, FSDPModule, MixedPrecisionPolicy, OffloadPolicy, fully_shard

    if opened.bits is not None:
        raise InvalidInputError(
            'adapter.kind: expected an adapter on a base in full precision on several ranks, found "qlora"; use "lora", '
            "or one rank"
        )
    mesh = init_device_mesh(opened.device.type, (ranks.size(),))
    precision = (
        MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
        if opened.dtype is torch.bfloat16
        else MixedPrecisionPolicy()
    )
    where = CPUOffloadPolicy() if offload else OffloadPolicy()
    blocks = opened.model.get_submodule(blocks_path(opened.model))

    def spread() -> None:
        for module in (*blocks, opened.model):
            _take_from_first(module, opened.device)
            fully_shard(module, mesh=mesh, mp_policy=precision, offload_policy=where)

    head.add_hooks(opened.model, spread)
    for module in opened.model.modules():
        if isinstance(module, FSDPModule):
            # gloo has no averages to leave out: sums, and nothing after them.
            module.set_force_sum_reduction_for_comms(True)
            module.set_gradient_divide_factor(1.0)


def _take_from_first(module: nn.Module, device: torch.device) -> None:
    """Puts a module's parameters and buffers on the device, with the first rank's values; what is cut already stays."""
    taken: dict[torch.Tensor, torch.Tensor] = {}
    for part in module.modules():
        for held in (part._parameters, part._buffers):
            for name, tensor in held.items():
                if tensor is None or shards.is_sharded(tensor):
                    continue
                if tensor not in taken:
                    taken[tensor] = _of_first(tensor, device)
                held[name] = taken[tensor]  # Tied ones stay tied.


def _of_first(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    here = tensor.detach().to(device) if ranks.is_first() else torch.empty_like(tensor, device=device)
    ranks.take_from_first(here)
    return nn.Parameter(here, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else here


def is_sharded(model: nn.Module) -> bool:
    """Whether a model is spread over ranks."""
    return ranks.size() > 1 and any(shards.is_sharded(parameter) for parameter in model.parameters())


def begin_apart(opened: OpenedModel) -> None:
    """From now on ranks let the model compute, without gradients, as often as each of them likes.

    A pass through a sharded model is one of all ranks. Before each a rank says that it makes one; a rank that has come to
    the end (`end_apart`) passes a token through the model as often as others still have something to compute.
    """
    if is_sharded(opened.model):
        opened.apart = opened.model.register_forward_pre_hook(_say_that_it_computes, prepend=True)


@torch.no_grad()
def end_apart(opened: OpenedModel) -> None:
    """Waits for the ranks that are not at their end yet."""
    if opened.apart is None:
        return
    opened.apart.remove()
    opened.apart = None
    opened.model.eval()
    while ranks.any_of(False):
        with opened.autocast():
            opened.model(input_ids=_NO_WORK.to(opened.device), use_cache=False)
    # What lies outside of the blocks stays gathered after a pass, for a backward pass that does not come.
    opened.model.reshard()


def _say_that_it_computes(_model: nn.Module, _arguments: tuple) -> None:
    ranks.any_of(True)
