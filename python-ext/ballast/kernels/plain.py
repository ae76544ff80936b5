"""Which tensors a compiled kernel can take: it gets their addresses, and no more."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ballast.kernels.library import Held, is_one
from ballast.kernels.row_codes import RowCodes


def supports(device_type: str, *roles: Sequence[Tensor]) -> bool:
    """Whether these are contiguous fp32 tensors on one device of that type: each argument is a list of them (parameters,
    gradients, …), and tensor i has the same number of elements in every list.

    Subclasses (DTensor, fake tensors) keep their data elsewhere, so only plain tensors will do.
    """
    tensors = [tensor for role in roles for tensor in role]
    plain = all(_is_plain(tensor) and tensor.dtype is torch.float32 for tensor in tensors)
    devices = {tensor.device for tensor in tensors}
    on_one = len(devices) <= 1 and all(device.type == device_type for device in devices)
    return plain and on_one and len({tuple(map(Tensor.numel, role)) for role in roles}) <= 1


def supports_anchor(parameters: Sequence[Tensor], references: Sequence[Tensor], importances: Sequence[Held]) -> bool:
    """Whether an anchor's tensors, as it holds them, go along with these parameters."""
    sizes = list(map(Tensor.numel, parameters))
    return (
        [reference.numel() for reference in references] == sizes
        and len(importances) == len(sizes)
        and all(map(_holds, importances, sizes))
        and all(_is_plain(each) and each.dtype in (torch.float32, torch.bfloat16) for each in references)
        and len({each.device for each in (*parameters, *references, *importances)}) <= 1
    )


def _holds(importance: Held, size: int) -> bool:
    if isinstance(importance, RowCodes):
        return importance.numel() == size and _is_plain(importance.codes) and _is_plain(importance.scales)
    narrow = importance.dtype in (torch.float32, torch.bfloat16)
    return _is_plain(importance) and narrow and (is_one(importance) or importance.numel() == size)


def _is_plain(tensor: Tensor) -> bool:
    return (
        type(tensor) in (Tensor, torch.nn.Parameter)
        and tensor.layout is torch.strided
        and tensor.is_contiguous()
    )
