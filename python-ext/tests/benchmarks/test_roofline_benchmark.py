import pytest
import torch

from ballast import kernels
from ballast.kernels import cuda, native
from benchmarks import roofline


@pytest.mark.skipif(not native.is_enabled(), reason=native.reason())
def test_every_kernel_in_cpp_has_a_row_that_runs_it(monkeypatch):
    called = set()

    def watched(name, kernel):
        def call(*arguments, **named):
            called.add(name)
            return kernel(*arguments, **named)

        return call

    # Of kernels.__all__, classes and what is PyTorch's alone are not kernels in C++.
    names = [name for name in kernels.__all__ if name.islower() and callable(getattr(native, name, None))]
    for name in names:
        monkeypatch.setattr(native, name, watched(name, getattr(native, name)))
    rows = roofline.measure(parameters=8192, tensors=2, pairs=1)
    assert called == set(names) and len(names) == 6
    assert len({row.name for row in rows}) == len(rows) == 18
    assert all(row.ours > 0 and row.theirs > 0 and row.goal == roofline.GOAL for row in rows)


def test_without_a_gpu_its_rows_are_named_as_missing(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["roofline", "--json", "--pairs", "1", "--parameters", "8192", "--tensors", "2"])
    monkeypatch.setattr(roofline.workload, "device", lambda: torch.device("cpu"))
    roofline.main()
    assert "roofline of the CUDA kernels on a GPU (≥ 0.85 of its peak) is not measured" in capsys.readouterr().err


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_every_cuda_kernel_has_a_row_against_the_peak():
    device = torch.device("cuda", 0)
    *rows, triad = roofline.measure_gpu(1 << 24, 2, 3, device)
    assert len({row.name for row in rows}) == len(rows) == len(roofline.kernels(roofline.State(8192, 2, device), cuda))
    assert all(0 < row.ours < 1.05 * row.theirs for row in (*rows, triad)) and triad.ratio > 0.5
