"""What a task makes of a model's answers, where that is Python's to say: texts, and `process_results`."""

import math
import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ballast.errors import InvalidInputError
from ballast.tasks.metrics import OF_PAIRS, WHOLE, Metric
from ballast.tasks.task import Question


def exact_match(
    predictions: Sequence[Any],
    references: Sequence[Any],
    regexes_to_ignore: Sequence[str] = (),
    ignore_case: bool = False,
    ignore_punctuation: bool = False,
    ignore_numbers: bool = False,
) -> float:
    """The share of predictions that equal their reference (`exact_match_hf_evaluate` of lm-eval).

    lm-eval keeps the texts in arrays of numpy: a NUL at a text's end is lost, and where small letters are longer than
    the capital ("İ"), the text is cut to the length of the longest before.
    """
    unwanted = (string.punctuation if ignore_punctuation else "") + (string.digits if ignore_numbers else "")

    def compared(texts: Sequence[Any]) -> list[Any]:
        for each in regexes_to_ignore or ():
            texts = [re.sub(each, "", text).rstrip("\0") for text in texts]
        texts = [text.rstrip("\0") if isinstance(text, str) else text for text in texts]
        if ignore_case:
            longest = max(map(len, texts))
            texts = [text.lower()[:longest].rstrip("\0") for text in texts]
        if unwanted:
            texts = [text.translate(str.maketrans("", "", unwanted)).rstrip("\0") for text in texts]
        return list(texts)

    pairs = list(zip(compared(predictions), compared(references), strict=True))
    return sum(prediction == reference for prediction, reference in pairs) / len(pairs)


def results_of_text(metrics: Sequence[Metric], question: Question, answer: Any, several: bool) -> dict[str, Any]:
    """The metrics of one answer to a task of texts.

    Args:
        metrics: what to compute
        question: what was asked
        answer: as a filter left it
        several: whether the task's targets are lists, one of which is to be met

    Raises:
        InvalidInputError: a metric failed, or the answer is nothing that can be compared.
    """
    references = _references(question, answer, several)
    given: dict[str, Any] = {}
    for metric in metrics:
        scores = [_score(metric, reference, answer) for reference in references]
        given[metric.name] = float(any(scores)) if several else scores[0]
    return given


def results_of(
    function: Callable[[Any, Any], Mapping[str, Any]], question: Question, responses: Sequence[Any]
) -> dict[str, Any]:
    """What the task's own `process_results` gives.

    Raises:
        InvalidInputError: it failed.
    """
    try:
        return dict(function(question.row, responses))
    except Exception as error:  # It may be anybody's code.
        raise InvalidInputError(f"process_results: failed with {type(error).__name__}: {error}") from error


def checked(metric: Metric, given: Mapping[str, Any]) -> Any:
    """A metric's value as its aggregation needs it: a number, [total, weight], or what a function of all items takes.

    Raises:
        InvalidInputError: it is missing, of another form or not finite.
    """
    if metric.name not in given:
        raise InvalidInputError(f"metric {metric.name}: expected a value, found only {', '.join(given) or 'nothing'}")
    value = given[metric.name]
    if metric.aggregation == WHOLE:
        return value
    pair = metric.aggregation in OF_PAIRS
    try:
        numbers = [_number(each) for each in value] if pair else [_number(value)]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != 1 + pair or not all(map(math.isfinite, numbers)):
        expected = "[total, weight]" if pair else "a number"
        raise InvalidInputError(f"metric {metric.name}: expected {expected} that is finite, found {value!r}")
    return numbers if pair else numbers[0]


def _number(value: Any) -> float | int:
    """numpy's numbers as Python's; whole numbers and truth values stay what they are."""
    plain = value.item() if hasattr(value, "item") else value
    if not isinstance(plain, int | float):
        raise TypeError
    return plain


def _references(question: Question, answer: Any, several: bool) -> list[Any]:
    target = question.target
    if question.choices:  # The target is the number of one.
        return [question.choices[target]]
    if several:
        return list(target) if isinstance(target, list) else [target]
    if isinstance(answer, list) or isinstance(target, type(answer)):
        return [target]
    try:
        return [type(answer)(target)]
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"expected an answer to compare with {target!r}, found {answer!r}") from error


def _score(metric: Metric, reference: Any, answer: Any) -> Any:
    try:
        if metric.function is None and metric.name != "exact_match":
            return [reference, answer]  # The numbers of whole corpora.
        if metric.function is None:
            predictions = answer if isinstance(answer, list) else [answer]  # A pipeline without take_first.
            return exact_match(predictions, [reference] * len(predictions), **metric.options)
        score = _called(metric, reference, answer)
    except Exception as error:  # It may be anybody's code.
        raise InvalidInputError(f"metric {metric.name}: failed with {type(error).__name__}: {error}") from error
    return score[metric.name] if isinstance(score, Mapping) and metric.name in score else score


def _called(metric: Metric, reference: Any, answer: Any) -> Any:
    try:
        return metric.function(references=[reference], predictions=[answer], **metric.options)
    except TypeError:  # lm-eval's other form of a metric.
        return metric.function([reference, answer])
