import platform
import sys

import pytest
import torch

from ballast import memory


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_peak_outlives_what_made_it():
    before = memory.snapshot()
    block = torch.ones(16 << 20)
    during = memory.snapshot()
    del block
    after = memory.snapshot()
    assert during["residentBytes"] - before["residentBytes"] > 60 << 20
    assert after["residentBytes"] < during["residentBytes"] - (30 << 20)
    assert after["peakBytes"] >= during["residentBytes"] - (8 << 20)
    assert memory.peak_bytes(torch.device("cpu")) == memory.snapshot()["peakBytes"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators are not asked")
def test_what_was_freed_in_pieces_goes_back_to_the_system():
    pieces = [torch.ones(16 << 10) for _ in range(1024)]  # Below the size from which each block is a mapping of its own.
    last = torch.ones(16 << 10)
    del pieces
    kept = memory.snapshot()["residentBytes"]
    memory.release()
    assert memory.snapshot()["residentBytes"] < kept - (50 << 20) and last.any()


def test_resetting_the_peak_never_fails():
    memory.reset_peak()
    assert memory.snapshot()["peakBytes"] > 0


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_gpus_peak_is_of_the_phase():
    block = torch.ones(1 << 20, device="cuda")
    assert memory.snapshot()["deviceBytes"] >= 4 << 20
    del block
    memory.reset_peak()
    assert memory.peak_bytes(torch.device("cuda")) < 4 << 20
