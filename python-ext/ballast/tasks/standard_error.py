"""Standard errors that are drawn: the same draws as lm-eval's, so that the numbers are the same."""

from collections.abc import Callable, Sequence
from random import Random

import numpy

DRAWS = 100_000  # lm-eval's default of --bootstrap_iters
CHUNK = 1_000  # at most; each with a generator of its own


def perplexity_standard_error(log_likelihoods: Sequence[float]) -> float:
    """The standard deviation of exp(−mean) over bootstrap samples.

    Args:
        log_likelihoods: one an item, in nats; at least two
    """
    return bootstrap(lambda drawn: numpy.exp(-drawn.mean()), numpy.asarray(log_likelihoods, dtype=numpy.float64), DRAWS)


def bootstrap(function: Callable[[numpy.ndarray], float], values: numpy.ndarray, draws: int) -> float:
    """The standard deviation of a number over samples of the items (`lm_eval.api.metrics.bootstrap_stderr`).

    Args:
        function: the number, of such an array
        values: one an item along the first dimension; at least two items
        draws: how many samples
    """
    chunk = min(CHUNK, draws)
    drawn = numpy.concatenate([_of_samples(function, values, seed, chunk) for seed in range(draws // chunk)])
    return float(drawn.std(ddof=1))


def _of_samples(
    function: Callable[[numpy.ndarray], float], values: numpy.ndarray, seed: int, draws: int
) -> numpy.ndarray:
    """[draws]. `random.choices` takes floor(random() · n); numpy's RandomState is the same Mersenne Twister."""
    _, state, _ = Random(seed).getstate()
    generator = numpy.random.RandomState()
    generator.set_state(("MT19937", state[:-1], state[-1]))
    numbers = numpy.empty(draws)
    for draw in range(draws):  # One sample at a time: all at once would be a thousand times the items.
        chosen = (generator.random_sample(len(values)) * len(values)).astype(numpy.int64)
        numbers[draw] = function(values[chosen])
    return numbers
