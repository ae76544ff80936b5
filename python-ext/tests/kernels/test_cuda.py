"""How the CUDA kernels are loaded; what they compute is told by the contract tests."""

import ctypes
import struct

import pytest
import torch
from contract import gate_of, needs_cuda

from ballast import kernels
from ballast.kernels import RowCodes, cuda


def without_a_gpu(monkeypatch) -> None:
    def refused(device):
        raise RuntimeError("it rained")

    monkeypatch.setattr(torch.cuda, "get_device_capability", refused)


@pytest.fixture(autouse=True)
def load_anew():
    cuda.loading.cache_clear()
    yield
    cuda.loading.cache_clear()


def test_what_cannot_be_loaded_is_a_reason(monkeypatch):
    without_a_gpu(monkeypatch)
    device = torch.device("cuda", 0)
    assert not cuda.is_enabled(device)
    assert "cannot be used: " in cuda.reason(device)
    assert kernels.describe(device)["implementation"] == "reference"


def test_ballast_native_0_turns_them_off(monkeypatch):
    monkeypatch.setenv("BALLAST_NATIVE", "0")
    assert kernels.describe(torch.device("cuda", 0)) == {
        "implementation": "reference",
        "reason": "BALLAST_NATIVE=0 turns the native kernels off",
    }


def test_tensors_elsewhere_are_not_supported():
    assert not cuda.supports([torch.ones(2)])
    assert not cuda.supports([torch.ones(2, device="meta")])
    assert kernels.describe(torch.device("meta"))["reason"] == "there are no kernels for meta"


def test_a_row_tells_how_the_anchor_is_held():
    reference, strength = torch.ones(2, 3, dtype=torch.bfloat16), 0.7
    codes = RowCodes(torch.ones(2, 3, dtype=torch.uint8), torch.ones(2))
    columns = cuda._anchor_columns(strength, codes, reference)
    assert columns[:4] == (codes.codes.data_ptr(), 2, codes.scales.data_ptr(), 3)
    assert columns[4:6] == (reference.data_ptr(), 1)
    assert struct.unpack("d", struct.pack("q", columns[6])) == (strength,)
    assert cuda._anchor_columns(strength, torch.ones(()), reference)[1] == 3
    assert cuda._anchor_columns(strength, torch.ones(2, 3), reference)[1] == 0


def test_settings_are_laid_out_as_the_source_has_them():
    settings = cuda.Settings.of(step=3, learning_rate=0.1, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.5)
    assert ctypes.sizeof(settings) == 32
    assert settings.decay == pytest.approx(0.95) and settings.first == pytest.approx(0.1)
    assert settings.negative_rate == pytest.approx(-0.1 / (1 - 0.9**3))
    assert settings.correction2 == pytest.approx((1 - 0.999**3) ** -0.5)


@needs_cuda
@pytest.mark.cuda
def test_a_step_queues_on_the_current_stream_without_waiting_for_it():
    parameter, others = torch.zeros(4, device="cuda"), [[torch.ones(4, device="cuda")] for _ in range(4)]
    scalars = {"clip": torch.ones((), device="cuda"), "gate": gate_of(0, "cuda")}
    settings = {"step": 1, "learning_rate": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0}
    kernels.adamw_path_integral([parameter], *others, **settings, **scalars)  # Compiles and loads.
    assert kernels.describe(parameter.device)["implementation"] == "cuda"
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    before = parameter.clone()
    torch.cuda.set_sync_debug_mode("error")
    try:
        with torch.cuda.stream(stream):
            torch.cuda._sleep(1_000_000)
            kernels.adamw_path_integral([parameter], *others, **settings, **scalars)
            assert not stream.query()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    torch.cuda.synchronize()
    assert not torch.equal(parameter, before)
