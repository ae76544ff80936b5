"""How non-negative numbers are spread: counts and sums by bin, so that billions need one pass and little memory."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

_SHIFT = 15
BINS = 1 << (31 - _SHIFT)
"""The upper 16 bits of a non-negative float32 after its sign: 8 of exponent, 8 of mantissa. Bin 0 holds 0, and what is
below 5e-41."""


@dataclass(frozen=True)
class Distribution:
    """Numbers that agree in 9 significant bits (2⁻⁸ of their size) share a bin; bins are ordered as the numbers are.

    The bits of non-negative floats are ordered as the integers they spell.

    Attributes:
        counts: [BINS] int64, on the CPU
        sums: [BINS] fp64, on the CPU
    """

    counts: Tensor
    sums: Tensor

    @classmethod
    def of(cls, tensors: Iterable[Tensor]) -> "Distribution":
        """Of all elements of fp32 tensors ≥ 0."""
        counts, sums = torch.zeros(BINS, dtype=torch.int64), torch.zeros(BINS, dtype=torch.float64)
        for values in tensors:
            flat = values.detach().flatten()
            bins = bins_of(flat)
            counts += torch.bincount(bins, minlength=BINS).cpu()
            sums += torch.bincount(bins, flat.double(), minlength=BINS).cpu()
        return cls(counts, sums)

    def __add__(self, other: "Distribution") -> "Distribution":
        return Distribution(self.counts + other.counts, self.sums + other.sums)

    @property
    def elements(self) -> int:
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        return float(self.sums.sum()) / self.elements

    @property
    def zero_share(self) -> float:
        """Share of the elements that are 0."""
        return float(self.counts[0]) / self.elements

    def share_of_largest(self, share: float) -> float:
        """What share of the sum the largest `share` of the elements holds; 0 where the sum is 0.

        Inside the bin in which the largest end, all count as its mean.
        """
        total = float(self.sums.sum())
        counts, sums = self.counts.flip(0), self.sums.flip(0)
        wanted = share * self.elements
        before = counts.cumsum(0) - counts
        taken = (wanted - before).clamp(min=0).minimum(counts.double()) / counts.clamp(min=1)
        return float((sums * taken).sum()) / total if total else 0.0

    def largest_from(self, share: float) -> int:
        """The bin from which on the largest `share` of the elements lie; never bin 0, whose elements are 0."""
        wanted = share * self.elements
        above = self.counts.flip(0).cumsum(0)
        return max(1, BINS - 1 - int(torch.searchsorted(above.double(), wanted)))

    def ranks(self) -> Tensor:
        """[BINS] fp64: the mean rank, from 1, of a bin's elements among all; what ties share."""
        return self.counts.cumsum(0).double() - (self.counts.double() - 1) / 2


def bins_of(values: Tensor) -> Tensor:
    """The bin of each element, int32, of the same shape; `values` fp32, ≥ 0."""
    positive_zero = values.detach() + 0.0  # The bits of -0.0 spell the smallest integer.
    return positive_zero.view(torch.int32) >> _SHIFT
