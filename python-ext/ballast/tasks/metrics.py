"""Which numbers a task gives, and how they come together over its items."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ballast.errors import InvalidInputError
from ballast.tasks.aggregations import AGGREGATIONS, Aggregation, of_code

# Of numbers: their mean, and e to the minus mean; of (total, weight): the same of Σ totals / Σ weights.
MEAN, PERPLEXITY, WEIGHTED_PERPLEXITY, BITS_PER_BYTE = "mean", "perplexity", "weighted_perplexity", "bits_per_byte"
RATIOS = (MEAN, PERPLEXITY, WEIGHTED_PERPLEXITY, BITS_PER_BYTE)
# Anything else: a function of all items at once.
WHOLE = "whole"
OF_PAIRS = (WEIGHTED_PERPLEXITY, BITS_PER_BYTE)

# Needs each choice's log-likelihood without a context too.
MUTUAL_INFORMATION = "acc_mutual_info"
# lm-eval's own metrics: aggregation, and whether more is better (`lm_eval.api.metrics`).
KNOWN = {
    "acc": (MEAN, True),
    "acc_norm": (MEAN, True),
    "acc_bytes": (MEAN, True),
    MUTUAL_INFORMATION: (MEAN, True),
    "exact_match": (MEAN, True),
    "perplexity": (PERPLEXITY, False),
    "word_perplexity": (WEIGHTED_PERPLEXITY, False),
    "byte_perplexity": (WEIGHTED_PERPLEXITY, False),
    "bits_per_byte": (BITS_PER_BYTE, False),
    "f1": ("f1", True),
    "mcc": ("matthews_corrcoef", True),
    "brier_score": ("brier_score", False),
    "bleu": ("bleu", True),
    "chrf": ("chrf", True),
    "chrf++": ("chrf++", True),
    "ter": ("ter", False),
}
# What each output type gives by itself (`ConfigurableTask.process_results`), the defaults first.
GIVEN = {
    "multiple_choice": ("acc", "acc_norm", "acc_bytes", MUTUAL_INFORMATION, "exact_match", "f1", "mcc", "brier_score"),
    "loglikelihood": ("perplexity", "acc"),
    "loglikelihood_rolling": ("word_perplexity", "byte_perplexity", "bits_per_byte"),
    "generate_until": ("exact_match", "bleu", "chrf", "chrf++", "ter"),
}
DEFAULTS = {**GIVEN, "multiple_choice": ("acc", "acc_norm"), "generate_until": ("exact_match",)}
IGNORED = "bypass"


@dataclass(frozen=True)
class Metric:
    """A number for each item.

    Attributes:
        name: as results carry it
        aggregation: one of `RATIOS`, or `WHOLE`
        higher_is_better: or lower
        function: the task's own, of `references` and `predictions`; None for what Ballast has
        options: of the function, or of exact_match
        whole: how the number follows from all items, where the aggregation is `WHOLE`
    """

    name: str
    aggregation: str
    higher_is_better: bool
    function: Callable[..., Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    whole: Aggregation | None = None


@dataclass(frozen=True)
class Metrics:
    """What a task file asks for that can be had, and the reason for each thing that cannot."""

    metrics: list[Metric]
    left_out: dict[str, str]

    @classmethod
    def of(cls, content: Mapping[str, Any], output_type: str) -> "Metrics":
        """Reads `metric_list`.

        Raises:
            InvalidInputError: none of it can be had.
        """
        listed = content.get("metric_list")
        if listed is None:
            listed = [{"metric": name} for name in DEFAULTS[output_type]]
        metrics, left_out = [], {}
        for entry in listed:
            name = _name(entry.get("metric"))
            if name == IGNORED:
                continue
            reason = _obstacle(entry, name, output_type, content.get("process_results") is not None)
            if reason is None:
                metrics.append(_metric(entry, name))
            else:
                left_out[name] = reason
        if not metrics:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in left_out.items()) or "found none"
            task = content.get("task")
            raise InvalidInputError(f"{task}: metric_list: expected a metric that Ballast has, {reasons}")
        return cls(metrics, left_out)


def _name(metric: Any) -> str:
    return metric.__name__ if callable(metric) else str(metric)


def _metric(entry: Mapping[str, Any], name: str) -> Metric:
    aggregation, higher_is_better = KNOWN.get(name, (MEAN, True))
    options = {
        key: value
        for key, value in entry.items()
        if key not in ("metric", "aggregation", "higher_is_better", "hf_evaluate")
    }
    function = entry["metric"] if callable(entry["metric"]) else None
    better = entry.get("higher_is_better", higher_is_better)
    aggregation = entry.get("aggregation", aggregation)
    if aggregation in RATIOS:
        return Metric(name, aggregation, bool(better), function, options)
    whole = of_code(aggregation) if callable(aggregation) else AGGREGATIONS[aggregation]
    return Metric(name, WHOLE, bool(better), function, options, whole)


def _obstacle(entry: Mapping[str, Any], name: str, output_type: str, own_results: bool) -> str | None:
    """Why a metric cannot be had; None if it can."""
    aggregation = entry.get("aggregation", KNOWN.get(name, (None,))[0])
    if aggregation is None:
        return "no aggregation is given"
    if not callable(aggregation) and aggregation not in (*RATIOS, *AGGREGATIONS):
        return f"its aggregation is {aggregation}, and Ballast has {', '.join((*RATIOS, *AGGREGATIONS))}"
    if own_results:
        return None
    if entry.get("hf_evaluate"):
        return "it is a metric of the package evaluate"
    if callable(entry["metric"]) and output_type == "generate_until":
        return None
    if name not in GIVEN[output_type]:
        return f"{output_type} gives {', '.join(GIVEN[output_type])}"
    if aggregation in RATIOS and _form(aggregation) != _form(KNOWN[name][0]):
        return f"its values do not fit the aggregation {aggregation}"
    return None


def _form(aggregation: str) -> str:
    """What values an aggregation is of."""
    return "pairs" if aggregation in OF_PAIRS else "numbers" if aggregation in RATIOS else aggregation
