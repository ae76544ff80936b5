"""Standard errors that are drawn: the same draws as lm-eval's, so that the numbers are the same."""

from collections.abc import Sequence
from random import Random

import numpy

DRAWS = 100_000  # lm-eval's default of --bootstrap_iters
CHUNK = 1_000  # each with a generator of its own


def perplexity_standard_error(log_likelihoods: Sequence[float]) -> float:
    """The standard deviation of exp(−mean) over bootstrap samples (`lm_eval.api.metrics.bootstrap_stderr`).

    Args:
        log_likelihoods: one an item, in nats; at least two
    """
    values = numpy.asarray(log_likelihoods, dtype=numpy.float64)
    drawn = numpy.concatenate([_perplexities(values, seed) for seed in range(DRAWS // CHUNK)])
    return float(drawn.std(ddof=1))


def _perplexities(values: numpy.ndarray, seed: int) -> numpy.ndarray:
    """[CHUNK]. `random.choices` takes floor(random() · n); numpy's RandomState is the same Mersenne Twister."""
    _, state, _ = Random(seed).getstate()
    generator = numpy.random.RandomState()
    generator.set_state(("MT19937", state[:-1], state[-1]))
    perplexities = numpy.empty(CHUNK)
    for draw in range(CHUNK):  # One sample at a time: all at once would be a thousand times the items.
        chosen = (generator.random_sample(len(values)) * len(values)).astype(numpy.int64)
        perplexities[draw] = numpy.exp(-values[chosen].mean())
    return perplexities
