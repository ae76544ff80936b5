"""The contract of `kernels.count_squares`, which every implementation keeps, against sorting."""

import pytest
import torch
from contract import needs_cuda

from ballast.kernels import native, reference


class CountSquaresContract:
    """Subclasses name the implementation and the device of its tensors."""

    implementation = None
    device = "cpu"

    @pytest.mark.parametrize("size", [0, 1, 17, 70_001])
    @pytest.mark.parametrize("top", [None, 0x3F80, 0x3E00])
    def test_squares_above_0_are_counted_by_their_bits(self, size, top):
        values = torch.randn(size, generator=torch.Generator().manual_seed(1)).to(self.device)
        # 0, too small to square, and no number: none of them counts.
        values[::7], values[::11], values[::13] = 0, 1e-30, float("nan")
        counts = self.implementation.count_squares(values, top)
        squares = values.cpu().square()
        bits = squares[squares > 0].view(torch.int32).tolist()
        kept = [bit >> 16 for bit in bits] if top is None else [bit & 0xFFFF for bit in bits if bit >> 16 == top]
        assert counts.shape == (1 << 16,) and counts.device.type == "cpu"
        assert torch.arange(1 << 16).repeat_interleave(counts).tolist() == sorted(kept)


class TestReference(CountSquaresContract):
    implementation = reference


@pytest.mark.skipif(not native.is_enabled(), reason=native.reason())
class TestNative(CountSquaresContract):
    implementation = native


@needs_cuda
@pytest.mark.cuda
class TestReferenceOnCuda(CountSquaresContract):
    implementation = reference
    device = "cuda"
