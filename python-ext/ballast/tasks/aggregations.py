"""Numbers that follow from all items of a task at once (`lm_eval.api.metrics`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy

from ballast.errors import EnvironmentMissingError
from ballast.tasks.standard_error import DRAWS, bootstrap

# lm-eval draws less where a draw is slow.
FEW_DRAWS = 100


@dataclass(frozen=True)
class Aggregation:
    """How a number follows from the values of all items.

    Attributes:
        function: of `prepare`d values, or of some of them drawn with repetition
        prepare: makes an array, whose first dimension is the items, of the values
        draws: of the bootstrap for the standard error; 0 where lm-eval has none
    """

    function: Callable[[numpy.ndarray], float]
    prepare: Callable[[Sequence[Any]], numpy.ndarray]
    draws: int = 0

    def of(self, values: Sequence[Any]) -> tuple[float, float | None]:
        """The number and its standard error, None where there is none."""
        prepared = self.prepare(values)
        error = bootstrap(self.function, prepared, self.draws) if self.draws and len(values) > 1 else None
        return float(self.function(prepared)), error


def of_code(function: Callable[[list[Any]], Any]) -> Aggregation:
    """A task's own function of the list of all values; lm-eval has no standard error of it."""

    def called(values: numpy.ndarray) -> Any:
        return function([tuple(each) if isinstance(each, list) else each for each in values])  # As before JSON.

    return Aggregation(called, _objects)


def _objects(values: Sequence[Any]) -> numpy.ndarray:
    array = numpy.empty(len(values), dtype=object)
    array[:] = values
    return array


def _numbers(values: Sequence[Any]) -> numpy.ndarray:
    return numpy.asarray(values, dtype=numpy.float64)


def _labels(values: Sequence[Any]) -> numpy.ndarray:
    """[items, 2]: the right answer's number and the given one's."""
    return numpy.asarray(values, dtype=numpy.int64).reshape(len(values), 2)


def _two_labels(values: Sequence[Any]) -> numpy.ndarray:
    labels = _labels(values)
    if not numpy.isin(labels, (0, 1)).all():
        raise ValueError(f"expected choices 0 and 1, of which 1 counts, found the numbers {numpy.unique(labels)}")
    return labels


def _f1(labels: numpy.ndarray) -> float:
    """Of the choice 1; 0 where nobody speaks of it, as scikit-learn has it."""
    right, given = labels.sum(axis=0)
    return 2 * float(labels.prod(axis=1).sum()) / max(1, right + given)


def _matthews(labels: numpy.ndarray) -> float:
    """The correlation of right and given answers, of any number of choices (Gorodkin 2004); 0 where one is constant."""
    size = labels.max() + 1
    table = numpy.bincount(labels[:, 0] * size + labels[:, 1], minlength=size * size).reshape(size, size)
    right, given, items = table.sum(axis=1), table.sum(axis=0), len(labels)
    spread = (items**2 - given @ given) * (items**2 - right @ right)
    return float((table.trace() * items - right @ given) / numpy.sqrt(float(spread))) if spread else 0.0


def _median(values: numpy.ndarray) -> float:
    """The upper one of two in the middle."""
    return numpy.sort(values)[len(values) // 2]


def _nanmean(values: numpy.ndarray) -> float:
    return numpy.nan if numpy.isnan(values).all() else numpy.nanmean(values)


def _brier(values: numpy.ndarray) -> float:
    """Of [right answer, probability of each choice]: the mean squared distance from certainty."""
    right = numpy.asarray([each[0] for each in values])
    probabilities = numpy.asarray([each[1] for each in values])
    return numpy.mean(numpy.sum((probabilities - numpy.eye(probabilities.shape[1])[right]) ** 2, axis=1))


def _of_corpus(name: str, options: dict[str, Any], pairs: numpy.ndarray) -> float:
    """Sacrebleu's score of [reference or several, answer] of all items."""
    try:
        import sacrebleu
    except ImportError as error:
        raise EnvironmentMissingError(f"metric {name}: needs the package sacrebleu, which is not installed") from error

    references = [each[0] if isinstance(each[0], list | tuple) else [each[0]] for each in pairs]
    answers = [each[1][0] if isinstance(each[1], list | tuple) else each[1] for each in pairs]
    return getattr(sacrebleu, f"corpus_{name}")(answers, list(zip(*references, strict=False)), **options).score


AGGREGATIONS = {
    "f1": Aggregation(_f1, _two_labels, DRAWS),
    "matthews_corrcoef": Aggregation(_matthews, _labels, DRAWS),
    "median": Aggregation(_median, _numbers, DRAWS),
    "nanmean": Aggregation(_nanmean, _numbers, DRAWS),
    "brier_score": Aggregation(_brier, _objects),
    "bleu": Aggregation(partial(_of_corpus, "bleu", {}), _objects, FEW_DRAWS),
    "chrf": Aggregation(partial(_of_corpus, "chrf", {}), _objects, FEW_DRAWS),
    "chrf++": Aggregation(partial(_of_corpus, "chrf", {"word_order": 2}), _objects, FEW_DRAWS),
    "ter": Aggregation(partial(_of_corpus, "ter", {}), _objects, FEW_DRAWS),
}
"""By lm-eval's names."""
