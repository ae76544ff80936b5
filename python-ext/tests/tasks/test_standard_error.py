"""Standard errors are drawn as lm-eval draws them."""

import math
import random
import statistics

import numpy
import pytest

from ballast.tasks.standard_error import bootstrap, perplexity_standard_error

VALUES = [-random.Random(5).random() * i for i in range(1, 38)]


@pytest.mark.parametrize("draws", [100, 2_000])
def test_samples_are_those_of_pythons_own_choices(draws):
    """lm-eval's: 1,000 draws at most by one generator."""
    chunk = min(draws, 1_000)
    generators = [random.Random(seed) for seed in range(draws // chunk)]
    means = [
        statistics.fmean(generator.choices(VALUES, k=len(VALUES))) for generator in generators for _ in range(chunk)
    ]
    assert bootstrap(numpy.mean, numpy.asarray(VALUES), draws) == pytest.approx(statistics.stdev(means), rel=1e-12)


def test_it_is_near_the_delta_methods_where_items_are_many():
    generator = random.Random(3)
    values = [-2 + 0.3 * generator.gauss(0, 1) for _ in range(2_000)]
    delta = math.exp(-statistics.fmean(values)) * statistics.stdev(values) / math.sqrt(len(values))
    assert perplexity_standard_error(values) == pytest.approx(delta, rel=0.02)
