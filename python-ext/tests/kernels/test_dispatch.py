"""Which implementation serves a call of `kernels.adamw_path_integral`."""

import pytest
import torch

from ballast import kernels
from ballast.kernels import native, reference

SETTINGS = {"step": 1, "learning_rate": 1e-2, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0}


@pytest.fixture
def served(monkeypatch) -> list[str]:
    """The implementations that served, in order; each still does its work."""
    names = []
    for name, module in (("native", native), ("reference", reference)):
        kernel = module.adamw_path_integral

        def record(*arguments, name=name, kernel=kernel, **settings):
            names.append(name)
            kernel(*arguments, **settings)

        monkeypatch.setattr(module, "adamw_path_integral", record)
    return names


def step(parameter: torch.Tensor) -> None:
    others = [[torch.ones_like(parameter)] for _ in range(4)]
    clip, gate = torch.tensor(1.0), torch.tensor(0, dtype=torch.int32)
    kernels.adamw_path_integral([parameter], *others, **SETTINGS, clip=clip, gate=gate)


@pytest.mark.skipif(not native.is_enabled(), reason=native.reason())
def test_contiguous_fp32_on_the_cpu_goes_native_where_the_library_loads(served):
    step(torch.zeros(4, 3))
    assert served == ["native"]
    assert kernels.describe() == {"implementation": "native", "reason": native.reason()}


def test_other_layouts_and_types_go_to_the_reference(served):
    parameters = torch.zeros(4, 3).t(), torch.zeros(4, dtype=torch.float64)
    for parameter in parameters:
        step(parameter)
        assert (parameter != 0).all()
    assert served == ["reference", "reference"]


def test_without_the_library_the_reference_serves_and_the_reason_is_kept(served, monkeypatch):
    monkeypatch.setattr(native, "loading", lambda: native.Loading(None, "it rained"))
    step(torch.zeros(4))
    assert served == ["reference"]
    assert kernels.describe() == {"implementation": "reference", "reason": "it rained"}


def test_ballast_native_0_in_the_environment_makes_the_reference_serve(served, monkeypatch):
    monkeypatch.setenv("BALLAST_NATIVE", "0")
    native.loading.cache_clear()
    try:
        step(torch.zeros(4))
        assert served == ["reference"]
        assert "BALLAST_NATIVE=0" in kernels.describe()["reason"]
    finally:
        monkeypatch.undo()
        native.loading.cache_clear()
