"""What a pass over a step's micro-batches changes, so that one that ran out of memory can be made again."""

import torch
from torch import Tensor


class PassMark:
    """Where a phase stands before a pass, gradients left out.

    Attributes:
        micro_batches: of the step under way: 0 before the pass whose gradients the step takes
    """

    def __init__(self, device: torch.device, micro_batches: int, live: tuple[Tensor, ...]) -> None:
        """
        Args:
            device: whose random state the pass draws from, beside the host's
            micro_batches: as the attribute
            live: tensors that the pass changes in place; the device is not waited for
        """
        self.micro_batches = micro_batches
        self._device = device
        self._live = live
        self._before = tuple(tensor.clone() for tensor in live)
        self._on_host = torch.get_rng_state()
        self._on_device = torch.cuda.get_rng_state(device) if device.type == "cuda" else None

    def put_back(self) -> None:
        for tensor, before in zip(self._live, self._before, strict=True):
            tensor.copy_(before)
        torch.set_rng_state(self._on_host)
        if self._on_device is not None:
            torch.cuda.set_rng_state(self._on_device, self._device)
