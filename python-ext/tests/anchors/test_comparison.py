from dataclasses import replace

import pytest
import torch
from phases import batch, measured_anchor, settings, tiny_model, train
from scipy.stats import spearmanr

from ballast import InvalidInputError, TrainingPhase
from ballast.anchors.comparison import compare
from ballast.importance.distribution import bins_of
from ballast.importance.storage import storage_of


@pytest.fixture(scope="module")
def anchors():
    """Of one model, on different batches."""
    made = []
    for seed in (2, 3):
        phase = train(TrainingPhase(tiny_model(), settings(importance="path_integral")), batch(seed=seed))
        phase.end()
        made.append(phase.finish_importance(1.0, True, "end", "scaled", "block", "mean"))
    return made


def flat(anchor, names=None) -> torch.Tensor:
    return torch.cat([anchor.importance[name].flatten() for name in names or anchor.importance])


def test_rank_correlations_are_those_of_scipy(anchors):
    compared = compare(*anchors)
    layers = anchors[0].layer_weights.layers
    assert [layer["name"] for layer in compared["layers"]] == ["embedding", "block.0", "block.1"]
    for found, names in [(compared, None)] + [
        (found, layer.parameters) for found, layer in zip(compared["layers"], layers, strict=True)
    ]:
        one, other = (flat(anchor, names) for anchor in anchors)
        exact = spearmanr(one.numpy(), other.numpy()).statistic
        of_bins = spearmanr(bins_of(one).numpy(), bins_of(other).numpy()).statistic
        assert found["rankCorrelation"] == pytest.approx(of_bins, abs=1e-12)
        assert found["rankCorrelation"] == pytest.approx(exact, abs=1e-4)
    print({layer["name"]: round(layer["rankCorrelation"], 3) for layer in compared["layers"]})


def test_overlap_is_that_of_the_largest_by_sorting(anchors):
    values = [flat(anchor) for anchor in anchors]
    largest = [set(each.argsort(descending=True)[: round(0.01 * each.numel())].tolist()) for each in values]
    share = len(largest[0] & largest[1]) / len(largest[0])
    assert 0 < share < 1
    assert compare(*anchors)["topOverlap"] == pytest.approx(share, abs=0.03)


def test_an_anchor_agrees_with_itself_and_with_its_copy_in_bfloat16(anchors):
    itself = compare(anchors[0], anchors[0])
    assert itself["rankCorrelation"] == pytest.approx(1) and itself["topOverlap"] == 1
    stored = compare(anchors[0], anchors[0].stored_as(storage_of("bfloat16")))
    assert stored["rankCorrelation"] == pytest.approx(1, abs=1e-4)
    assert {fact["name"]: fact["same"] for fact in stored["facts"]}["storage"] is False


def test_facts_say_what_is_the_same_and_nothing_unknown_is(anchors):
    one = replace(anchors[0], provenance={"baseModel": "a", "data": "x"})
    other = replace(anchors[1], provenance={"baseModel": "a", "data": "y"})
    same = {fact["name"]: fact["same"] for fact in compare(one, other)["facts"]}
    assert same == {"base model": True, "data": False, "method": True, "xi": False, "storage": True}
    assert compare(*anchors)["facts"][0] == {"name": "base model", "first": None, "second": None, "same": False}


def test_where_all_elements_are_equal_there_is_no_correlation(anchors):
    constant = {name: torch.ones_like(values) for name, values in anchors[0].importance.items()}
    flat_one = replace(anchors[0], measured=replace(anchors[0].measured, values=constant))
    assert compare(anchors[0], flat_one)["rankCorrelation"] is None


@pytest.mark.parametrize("swap", [False, True])
def test_anchors_of_different_models_are_refused_by_the_first_mismatch(anchors, swap):
    pair = [anchors[0], measured_anchor(tiny_model("llama-untied"))]
    with pytest.raises(InvalidInputError, match=r"mismatch is lm_head.weight: \[320, 32\] in one, no such parameter"):
        compare(*(reversed(pair) if swap else pair))
