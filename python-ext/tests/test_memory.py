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
