"""The contract of `kernels.finish_importance`, which every implementation keeps, against the written formula in double."""

import pytest
import torch
from contract import SHAPES, in_guarded_views, needs_cuda, state

from ballast.kernels import cuda, native, reference

XI = 0.3


class FinishImportanceContract:
    """Subclasses name the implementation and the device of its tensors."""

    implementation = None
    device = "cpu"

    def tensors(self, shapes):
        tensors = state(shapes, self.device)
        return {"omegas": tensors["omegas"], "starts": tensors["parameters"], "ends": tensors["gradients"]}

    def assert_finished(self, tensors, from_zero=False):
        starts = [torch.zeros_like(end) for end in tensors["ends"]] if from_zero else tensors["starts"]
        expected, sums = [], []
        for omega, start, end in zip(tensors["omegas"], starts, tensors["ends"], strict=True):
            moved, omega = end.double() - start.double(), omega.double()
            importance = omega.clamp(min=0) / (moved**2 + XI)
            expected.append(importance)
            sums.append([omega.sum(), (omega < 0).sum(), importance.sum(), importance.square().sum()])
        given = (tensors["omegas"], None if from_zero else starts, tensors["ends"])
        found = self.implementation.finish_importance(*given, xi=XI)
        actual = [omega.double() for omega in tensors["omegas"]]
        torch.testing.assert_close(actual, expected, rtol=1e-6, atol=1e-7)
        assert found.shape == (len(expected), 4) and found.dtype == torch.float64
        torch.testing.assert_close(found.cpu(), torch.tensor(sums, dtype=torch.float64).view(-1, 4), rtol=1e-6, atol=1e-6)

    @pytest.mark.parametrize("from_zero", [False, True])
    @pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES.keys())
    def test_importance_and_sums_are_the_written_ones(self, shapes, from_zero):
        self.assert_finished(self.tensors(shapes), from_zero)

    def test_no_tensors_are_no_error(self):
        assert self.implementation.finish_importance([], [], [], xi=XI).shape == (0, 4)

    @pytest.mark.parametrize("offset", [1, 3, 16])
    def test_unaligned_views_are_taken_and_nothing_is_written_around_them(self, offset):
        views, storages = in_guarded_views(self.tensors([(1000,), (3, 7), (1,), (0,)]), offset)
        self.assert_finished(views)
        for storage in storages:
            assert (storage[:offset] == 77).all() and (storage[-5:] == 77).all()

    def test_what_is_not_finite_shows_in_the_sums(self):
        tensors = self.tensors([(70_001,), (3,)])
        tensors["omegas"][0][70_000] = float("nan")
        sums = self.implementation.finish_importance(*tensors.values(), xi=XI)
        assert torch.isnan(sums[0, 0]) and torch.isnan(sums[0, 2]) and torch.isfinite(sums[1]).all()

    @pytest.mark.parametrize("threads", [2, 5])
    def test_any_number_of_threads_gives_the_same_bits(self, threads):
        results, usual = [], torch.get_num_threads()
        try:
            for count in (1, threads):
                torch.set_num_threads(count)
                tensors = self.tensors([(600, 1001), (5,)])
                results.append((self.implementation.finish_importance(*tensors.values(), xi=XI), tensors["omegas"]))
        finally:
            torch.set_num_threads(usual)
        assert all(map(torch.equal, results[0][1], results[1][1]))
        if self.implementation is not reference:  # torch's own sums hang on the threads.
            assert torch.equal(results[0][0], results[1][0])


class TestReference(FinishImportanceContract):
    implementation = reference


@pytest.mark.skipif(not native.is_enabled(), reason=native.reason())
class TestNative(FinishImportanceContract):
    implementation = native


@needs_cuda
@pytest.mark.cuda
class TestReferenceOnCuda(FinishImportanceContract):
    implementation = reference
    device = "cuda"


@needs_cuda
@pytest.mark.cuda
class TestCuda(FinishImportanceContract):
    implementation = cuda
    device = "cuda"
