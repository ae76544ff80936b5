"""The local parts of sharded tensors (DTensor): kernels work on these, and what they sum up is added over the ranks."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ballast.kernels.library import Held
from ballast.kernels.row_codes import RowCodes


@dataclass(frozen=True)
class Shards:
    """Tensors of a call that are spread alike.

    Attributes:
        mesh: the DeviceMesh; None where they are whole
        placements: one for each dimension of the mesh
        indices: of these tensors in the call's lists
    """

    mesh: object | None
    placements: tuple
    indices: list[int]

    def local(self, tensors: Sequence[Held]) -> list[Held]:
        """This rank's parts of these of `tensors`, which share their memory."""
        return [local(tensors[index]) for index in self.indices]

    def of(self, numbers: Sequence[float]) -> list[float]:
        """Those of these tensors."""
        return [numbers[index] for index in self.indices]

    def total(self, sums: Tensor) -> Tensor:
        """The ranks' sums added up, where each holds another part."""
        for dimension, placement in enumerate(self.placements):
            if placement.is_shard():
                torch.distributed.all_reduce(sums, group=self.mesh.get_group(dimension))
        return sums


def groups(tensors: Sequence[Tensor]) -> Iterator[Shards]:
    """The tensors by how they are spread; usually one group."""
    found: dict[tuple, Shards] = {}
    for index, tensor in enumerate(tensors):
        spread = (tensor.device_mesh, tuple(tensor.placements)) if is_sharded(tensor) else (None, ())
        found.setdefault(spread, Shards(*spread, [])).indices.append(index)
    return iter(found.values())


def local(tensor: Held) -> Held:
    """This rank's part; what is whole stays as it is."""
    if isinstance(tensor, RowCodes):
        return RowCodes(local(tensor.codes), local(tensor.scales))
    return tensor.detach().to_local() if is_sharded(tensor) else tensor


def like(tensor: Held, parameter: Tensor) -> Held:
    """A tensor on the parameter's device; cut as the parameter is, where every rank has it whole.

    Args:
        tensor: of the parameter's shape, or one number for all of it
        parameter: what it belongs to
    """
    if not is_sharded(parameter) or tensor.dim() == 0 or is_sharded(tensor):
        return tensor.to(parameter.device)
    if isinstance(tensor, RowCodes):  # Rows are not cut where the parameter is.
        tensor = tensor.float()
    from torch.distributed.tensor import distribute_tensor

    cut = distribute_tensor(
        tensor.to(parameter.device), parameter.device_mesh, parameter.placements, src_data_rank=None
    )
    return cut.clone()  # What it was cut from can then be freed.


def joined(part: Tensor, parameter: Tensor) -> Tensor:
    """This rank's part as one of a tensor that is cut as the parameter is; it shares the part's memory."""
    if not is_sharded(parameter):
        return part
    from torch.distributed.tensor import DTensor

    return DTensor.from_local(
        part, parameter.device_mesh, parameter.placements, run_check=False, shape=parameter.shape, stride=parameter.stride()
    )


def whole(tensor: Tensor) -> Tensor:
    """A DTensor gathered, as a norm of DTensors is one; what is whole stays as it is."""
    return tensor.full_tensor() if is_sharded(tensor) else tensor


def is_sharded(tensor: Held) -> bool:
    """Whether a tensor is spread over ranks."""
    # Nothing is a DTensor before somebody has imported the module, which takes a second.
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(tensor, module.DTensor)
