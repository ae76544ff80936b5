import numpy
import pytest
import torch

from ballast.importance.distribution import BINS, Distribution, bins_of


def heavy_tailed(size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed)).mul(3).exp()


def test_bins_are_ordered_as_the_numbers_are_and_hold_what_agrees_in_nine_bits():
    values = heavy_tailed(5000).sort().values
    bins = bins_of(values)
    assert (bins.diff() >= 0).all() and int(bins.max()) < BINS
    together = bins.diff() == 0
    assert (values.diff()[together] <= 2**-8 * values[1:][together]).all()
    assert bins_of(torch.tensor([0.0, -0.0, 1e-38, torch.finfo().max])).tolist()[:2] == [0, 0]


def test_mean_and_share_of_zeros_are_exact():
    values = torch.cat([heavy_tailed(700), torch.zeros(300)])
    distribution = Distribution.of([values[:10].view(2, 5), values[10:]])
    assert distribution.elements == 1000 and distribution.zero_share == 0.3
    assert distribution.mean == pytest.approx(float(values.double().mean()), rel=1e-12)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.2, 1.0])
def test_share_of_the_largest_is_that_of_sorting(share):
    values = heavy_tailed(20_000).double()
    largest = values.sort(descending=True).values[: round(share * 20_000)].sum() / values.sum()
    assert Distribution.of([values.float()]).share_of_largest(share) == pytest.approx(float(largest), rel=1e-3)


def test_the_largest_begin_where_sorting_says():
    values = heavy_tailed(20_000)
    cut = Distribution.of([values]).largest_from(0.01)
    assert 200 <= int((bins_of(values) >= cut).sum()) <= 210
    assert Distribution.of([torch.zeros(10)]).largest_from(0.01) == 1, "zeros are never among the largest"


def test_many_numbers_are_counted_as_few_are(monkeypatch):
    monkeypatch.setattr("ballast.importance.distribution._PIECE", 1000)  # And a last piece that is shorter.
    values = torch.cat([heavy_tailed(BINS), torch.zeros(9)])
    whole, parts = Distribution.of([values]), Distribution.of(values.split(1000))
    assert torch.equal(whole.bins, parts.bins) and torch.equal(whole.counts, parts.counts)
    torch.testing.assert_close(whole.sums, parts.sums, rtol=1e-12, atol=0)
    assert int(whole.bins[0]) == 0 and int(whole.counts[0]) == 9


def test_ranks_are_those_of_scipy_with_ties():
    from scipy.stats import rankdata

    values = torch.cat([heavy_tailed(500), torch.zeros(50)])
    bins = bins_of(values)
    expected = rankdata(bins.numpy())
    numpy.testing.assert_array_equal(Distribution.of([values]).ranks()[bins].numpy(), expected)


def test_a_sum_of_two_is_the_one_of_both():
    one, other = heavy_tailed(100), heavy_tailed(50, seed=1)
    whole = Distribution.of([torch.cat([one, other])])
    added = Distribution.sum([Distribution.of([one]), Distribution.of([other])])
    assert torch.equal(whole.bins, added.bins) and torch.equal(whole.counts, added.counts)
    assert whole.share_of_largest(0.1) == pytest.approx(added.share_of_largest(0.1), rel=1e-12)
    assert Distribution.of([torch.zeros(4)]).share_of_largest(0.01) == 0
