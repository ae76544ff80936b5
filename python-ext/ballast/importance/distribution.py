"""How non-negative numbers are spread: counts and sums by bin, so that billions need one pass and little memory."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

_SHIFT = 15
BINS = 1 << (31 - _SHIFT)
"""The upper 16 bits of a non-negative float32 after its sign: 8 of exponent, 8 of mantissa. Bin 0 holds 0, and what is
below 5e-41."""
_PIECE = 1 << 20
"""Elements at a time: what is made of them on the way to the counts stays in the caches, at half the time of a whole matrix."""


@dataclass(frozen=True)
class Distribution:
    """Numbers that agree in 9 significant bits (2⁻⁸ of their size) share a bin; bins are ordered as the numbers are.

    The bits of non-negative floats are ordered as the integers they spell.

    Attributes:
        bins: [K] int64, those that hold a number, ascending, on the CPU: K is far from BINS where there are few numbers
        counts: [K] int64, on the CPU
        sums: [K] fp64, on the CPU
    """

    bins: Tensor
    counts: Tensor
    sums: Tensor

    @classmethod
    def of(cls, tensors: Iterable[Tensor]) -> "Distribution":
        """Of all elements of fp32 tensors ≥ 0."""
        return cls.sum(map(cls._of_one, tensors))

    @classmethod
    def _of_one(cls, values: Tensor) -> "Distribution":
        flat = values.detach().flatten()
        if flat.numel() < BINS:
            found, places, counts = torch.unique(bins_of(flat), return_inverse=True, return_counts=True)
            sums = torch.bincount(places, flat.double(), minlength=found.numel())
        else:
            counts = torch.zeros(BINS, dtype=torch.int64, device=flat.device)
            sums = torch.zeros(BINS, dtype=torch.float64, device=flat.device)
            for piece in flat.split(_PIECE):
                bins = bins_of(piece)
                counts += torch.bincount(bins, minlength=BINS)
                sums += torch.bincount(bins, piece.double(), minlength=BINS)
            found = counts.nonzero().flatten()
            counts, sums = counts[found], sums[found]
        return cls(found.long().cpu(), counts.cpu(), sums.cpu())

    @classmethod
    def sum(cls, parts: Iterable["Distribution"]) -> "Distribution":
        """Of all numbers of all parts, of which there is one or more."""
        parts = list(parts)
        bins, places = torch.unique(torch.cat([part.bins for part in parts]), return_inverse=True)
        counts, sums = torch.zeros_like(bins), torch.zeros(bins.shape, dtype=torch.float64)
        counts.index_add_(0, places, torch.cat([part.counts for part in parts]))
        sums.index_add_(0, places, torch.cat([part.sums for part in parts]))
        return cls(bins, counts, sums)

    @property
    def elements(self) -> int:
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        return float(self.sums.sum()) / self.elements

    @property
    def zero_share(self) -> float:
        """Share of the elements that are 0."""
        return float(self.counts[self.bins == 0].sum()) / self.elements

    def share_of_largest(self, share: float) -> float:
        """What share of the sum the largest `share` of the elements holds; 0 where the sum is 0.

        Inside the bin in which the largest end, all count as its mean.
        """
        total = float(self.sums.sum())
        counts, sums = self.counts.flip(0), self.sums.flip(0)
        before = counts.cumsum(0) - counts
        taken = (share * self.elements - before).clamp(min=0).minimum(counts.double()) / counts
        return float((sums * taken).sum()) / total if total else 0.0

    def largest_from(self, share: float) -> int:
        """The bin from which on the largest `share` of the elements lie; never bin 0, whose elements are 0."""
        above = self.counts.flip(0).cumsum(0)
        last = int(torch.searchsorted(above.double(), share * self.elements))
        return max(1, int(self.bins[-1 - last]))

    def above(self, bin: int) -> int:
        """How many elements lie in a bin or in a later one."""
        return int(self.counts[self.bins >= bin].sum())

    def ranks(self) -> Tensor:
        """[BINS] fp64: the mean rank, from 1, of a bin's elements among all; what ties share. 0 for an empty bin."""
        ranks = torch.zeros(BINS, dtype=torch.float64)
        ranks[self.bins] = self.counts.cumsum(0).double() - (self.counts.double() - 1) / 2
        return ranks


def bins_of(values: Tensor) -> Tensor:
    """The bin of each element, int32, of the same shape; `values` fp32, ≥ 0."""
    positive_zero = values.detach() + 0.0  # The bits of -0.0 spell the smallest integer.
    return positive_zero.view(torch.int32) >> _SHIFT
