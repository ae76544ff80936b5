"""Which metrics a task has; defaults and directions are those of lm-eval's registry."""

import pytest

from ballast.errors import InvalidInputError
from ballast.tasks.metrics import DEFAULTS, KNOWN, Metrics


def test_defaults_and_what_is_better_are_lm_evals(lm_eval):
    registry = lm_eval.ask("registry", names=list(KNOWN))
    assert {kind: sorted(names) for kind, names in registry["defaults"].items()} == {
        kind: sorted(names) for kind, names in DEFAULTS.items()
    }
    assert registry["metrics"] == {name: list(known) for name, known in KNOWN.items()}


def test_without_a_list_a_task_has_its_kinds_metrics():
    metrics = Metrics.of({"task": "t"}, "loglikelihood_rolling")
    assert [(each.name, each.aggregation, each.higher_is_better) for each in metrics.metrics] == [
        ("word_perplexity", "weighted_perplexity", False),
        ("byte_perplexity", "weighted_perplexity", False),
        ("bits_per_byte", "bits_per_byte", False),
    ]


def of_items(items):
    return 0


@pytest.mark.parametrize(
    ("entry", "output_type", "reason"),
    [
        ({"metric": "f1", "aggregation": "f2"}, "multiple_choice", "its aggregation is f2, and Ballast has mean, "),
        ({"metric": "f1", "aggregation": "mean"}, "multiple_choice", "its values do not fit the aggregation mean"),
        ({"metric": "likelihood"}, "multiple_choice", "no aggregation is given"),
        ({"metric": "bleu", "aggregation": "mean"}, "multiple_choice", "multiple_choice gives acc, "),
        ({"metric": "acc_norm"}, "loglikelihood", "loglikelihood gives perplexity, acc"),
        ({"metric": "bleu", "aggregation": "perplexity"}, "generate_until", "do not fit the aggregation perplexity"),
        ({"metric": "rouge", "aggregation": "mean"}, "generate_until", "generate_until gives exact_match"),
        ({"metric": "exact_match", "hf_evaluate": True}, "generate_until", "of the package evaluate"),
        ({"metric": "bits_per_byte", "aggregation": "mean"}, "loglikelihood_rolling", "not fit the aggregation mean"),
    ],
)
def test_a_metric_that_cannot_be_had_is_left_out_with_the_reason(entry, output_type, reason):
    (possible, *_) = DEFAULTS[output_type]
    if possible == entry["metric"]:
        possible = DEFAULTS[output_type][-1]
    if possible != entry["metric"]:
        metrics = Metrics.of({"task": "t", "metric_list": [{"metric": possible}, entry]}, output_type)
        assert [each.name for each in metrics.metrics] == [possible]
        assert reason in metrics.left_out[entry["metric"]]
    with pytest.raises(InvalidInputError, match="t: metric_list: expected a metric that Ballast has, .*: "):
        Metrics.of({"task": "t", "metric_list": [entry]}, output_type)


def test_bypass_is_passed_over():
    metrics = Metrics.of({"task": "t", "metric_list": [{"metric": "bypass"}, {"metric": "acc"}]}, "multiple_choice")
    assert [each.name for each in metrics.metrics] == ["acc"] and metrics.left_out == {}


def test_process_results_may_give_any_metric_and_code_may_be_one():
    entry = {"metric": "mine", "aggregation": "mean", "higher_is_better": False}
    content = {"task": "t", "process_results": of_items, "metric_list": [entry]}
    (metric,) = Metrics.of(content, "multiple_choice").metrics
    assert (metric.name, metric.higher_is_better) == ("mine", False)
    entry = {"metric": of_items, "aggregation": "mean", "scale": 2}
    (metric,) = Metrics.of({"task": "t", "metric_list": [entry]}, "generate_until").metrics
    assert (metric.name, metric.function, metric.options) == ("of_items", of_items, {"scale": 2})


@pytest.mark.parametrize(
    ("entry", "output_type"),
    [
        ({"metric": "f1"}, "multiple_choice"),
        ({"metric": "acc", "aggregation": "nanmean"}, "multiple_choice"),
        ({"metric": "f1", "aggregation": of_items}, "multiple_choice"),
        ({"metric": "chrf++"}, "generate_until"),
    ],
)
def test_a_number_of_all_items_at_once_is_made_of_their_values(entry, output_type):
    (metric,) = Metrics.of({"task": "t", "metric_list": [entry]}, output_type).metrics
    assert (metric.name, metric.aggregation, metric.whole is None) == (entry["metric"], "whole", False)
