import pytest

from ballast import kernels
from ballast.kernels import native
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
    assert len({row.name for row in rows}) == len(rows) == 15
    assert all(row.ours > 0 and row.theirs > 0 and row.goal == roofline.GOAL for row in rows)
