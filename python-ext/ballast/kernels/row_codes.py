"""Importance in 8 bits an element."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class RowCodes:
    """Ω̂ = s (q / 255)³ with a scale s for each row, one for a whole vector: what the storage "int8" holds.

    Attributes:
        codes: q, uint8, contiguous, of the parameter's shape
        scales: s, fp32 [rows]
    """

    codes: Tensor
    scales: Tensor

    @property
    def row_length(self) -> int:
        """Elements that share a scale."""
        return max(1, self.codes.numel() // max(1, self.scales.numel()))

    @property
    def device(self) -> torch.device:
        return self.codes.device

    def numel(self) -> int:
        return self.codes.numel()

    def dim(self) -> int:
        return self.codes.dim()

    def to(self, device: torch.device) -> "RowCodes":
        return RowCodes(self.codes.to(device), self.scales.to(device))

    def float(self) -> Tensor:
        """Ω̂, fp32, of the parameter's shape."""
        if self.numel() == 0:
            return self.codes.float()
        rows = self.codes.view(len(self.scales), -1)
        return rows.float().div_(255).pow_(3).mul_(self.scales[:, None]).view(self.codes.shape)
