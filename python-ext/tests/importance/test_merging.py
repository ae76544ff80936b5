from dataclasses import replace

import pytest
import torch
from phases import batch, lora_model, measured_anchor, same_bits, settings, tiny_model, train, values

from ballast import Anchor, Importance, InvalidInputError, TrainingPhase
from ballast.importance.merging import RULES, SEPARATE, merged_importance
from ballast.importance.storage import storage_of


def importance(*numbers: float, **facts) -> Importance:
    return Importance({"w": torch.tensor(numbers)}, facts.pop("method", "path_integral"), **facts)


THREE = [importance(1.0, 0.0, 4.0), importance(2.0, 6.0, 0.0), importance(8.0, 3.0, 0.0)]


@pytest.mark.parametrize(
    ("rule", "decay", "expected"),
    [
        ("sum", None, [11.0, 9.0, 4.0]),
        ("mean", None, [11 / 3, 3.0, 4 / 3]),
        ("maximum", None, [8.0, 6.0, 4.0]),
        ("decay", 0.5, [(1 * 0.5 + 2) * 0.5 + 8, (0 * 0.5 + 6) * 0.5 + 3, (4 * 0.5 + 0) * 0.5 + 0]),
        ("decay", 0.0, [8.0, 3.0, 0.0]),
        ("decay", 1.0, [11.0, 9.0, 4.0]),
    ],
)
def test_rules_by_hand(rule, decay, expected):
    assert merged_importance(THREE, rule, decay).values["w"].tolist() == pytest.approx(expected)


def test_online_decay_one_by_one_is_the_decay_of_all_at_once():
    two = merged_importance(THREE[:2], "decay", 0.9)
    one_by_one = merged_importance([two, THREE[2]], "decay", 0.9)
    assert torch.allclose(one_by_one.values["w"], merged_importance(THREE, "decay", 0.9).values["w"])


def test_facts_of_one_task_alone_are_dropped_and_samples_add_up():
    one = importance(1.0, sum_omega=2.0, clamped_share=0.1, xi=1e-7)
    assert merged_importance([one], "sum").facts() == one.facts()
    assert merged_importance([one, one], "sum").facts() == importance(1.0, xi=1e-7).facts()
    fisher = [importance(1.0, method="fisher", samples=count) for count in (100, 20)]
    assert merged_importance(fisher, "sum").samples == 120


@pytest.mark.parametrize(
    ("rule", "decay", "said"),
    [
        ("median", None, 'a rule out of separate, sum, mean, maximum, decay .* found "median"'),
        ("decay", None, 'a factor with the rule "decay"'),
        ("sum", 0.5, 'found 0.5 with "sum"'),
        ("decay", 1.5, "expected a decay of 0 to 1, found 1.5"),
    ],
)
def test_a_rule_and_factor_that_do_not_fit_are_refused(rule, decay, said):
    with pytest.raises(InvalidInputError, match=said):
        merged_importance(THREE, rule, decay)


def test_different_kinds_of_importance_are_refused():
    with pytest.raises(InvalidInputError, match="found fisher and path_integral"):
        merged_importance([THREE[0], importance(1.0, 1.0, 1.0, method="fisher")], "sum")


@pytest.fixture(scope="module")
def pair() -> list[Anchor]:
    phase = train(TrainingPhase(tiny_model(), settings(importance="path_integral")), batch(seed=3))
    phase.end()
    first = phase.finish_importance(1.0, True, "end", "scaled", "block", "mean")
    second = measured_anchor(tiny_model(), reference="start")
    return [
        replace(first, provenance={"baseModel": "a", "data": "x"}, seen_tokens=torch.tensor([True, False, False])),
        replace(second, provenance={"baseModel": "a", "data": "y"}, seen_tokens=torch.tensor([False, False, True])),
    ]


def test_reference_is_the_latest_and_seen_tokens_are_those_of_any(pair):
    merged = Anchor.merged(pair, "sum")
    assert same_bits(merged.reference, pair[1].reference) and merged.reference_is_base
    assert same_bits(Anchor.merged(pair[::-1], "sum").reference, pair[0].reference)
    assert merged.seen_tokens.tolist() == [True, False, True]
    assert Anchor.merged([replace(pair[0], seen_tokens=None), pair[1]], "sum").seen_tokens is None
    assert Anchor.merged(pair[:1], "sum").provenance == pair[0].provenance
    assert merged.provenance == {
        "baseModel": "a",
        "merged": {"rule": "sum", "decay": None, "of": [{"baseModel": "a", "data": data} for data in "xy"]},
    }


def test_separate_penalties_need_to_know_where_each_stands(pair, tmp_path):
    pair[1].save(tmp_path, {"baseModel": "a"})
    with pytest.raises(InvalidInputError, match='that hold their θ\\* for the rule "separate", found one whose'):
        Anchor.merged([pair[0], Anchor.load(tmp_path)], "separate")
    merged = Anchor.merged([pair[0], Anchor.load(tmp_path, tiny_model())], "separate")
    assert not merged.reference_is_base
    for name, between in merged.reference.items():
        ends = torch.stack([anchor.reference[name] for anchor in pair])
        assert (between <= ends.amax(0) + 1e-6).all() and (between >= ends.amin(0) - 1e-6).all()


def test_layer_coefficients_are_those_of_the_merged_importance(pair):
    merged = Anchor.merged(pair, "mean")
    weights, once = merged.layer_weights, pair[1].layer_weights
    assert [layer.alpha for layer in weights.layers] != [layer.alpha for layer in once.layers]
    total = sum(
        float((weights.coefficients()[name] * values).sum(dtype=torch.float64))
        for name, values in merged.importance.items()
    )
    assert total == pytest.approx(sum(layer.elements for layer in weights.layers), rel=1e-6)


def test_each_task_has_the_same_say_where_importance_is_normalised(pair):
    """However much larger one task's Ω is; and a task that was merged before keeps its share."""
    def mean(anchor):
        values = torch.cat([value.flatten() for value in anchor.importance.values()])
        return float(values.mean(dtype=torch.float64))

    large = replace(pair[0], measured=importance_times(pair[0].measured, 1e4))
    merged, again = Anchor.merged([large, pair[1]], "sum"), Anchor.merged(pair, "sum")
    assert mean(merged) == pytest.approx(2, rel=1e-6)
    for name, value in merged.importance.items():
        assert torch.allclose(value, again.importance[name], rtol=1e-5)
    third = Anchor.merged([merged, large], "decay", 0.5)
    assert mean(third) == pytest.approx(0.5 * 2 + 1, rel=1e-6)
    as_measured = [
        replace(each, layer_weights=replace(each.layer_weights, normalize="none")) for each in (large, pair[1])
    ]
    assert mean(Anchor.merged(as_measured, "sum")) == pytest.approx(mean(large) + mean(pair[1]), rel=1e-6)
    with pytest.raises(InvalidInputError, match="importance of one scale"):
        Anchor.merged([merged, as_measured[1]], "sum")


def importance_times(measured: Importance, factor: float) -> Importance:
    return replace(measured, values={name: factor * value for name, value in measured.values.items()})


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != SEPARATE])
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_merged_anchors_are_saved_opened_and_used_also_if_opened_without_a_model(pair, tmp_path, rule, kind):
    folders = [tmp_path / "first", tmp_path / "second"]
    for anchor, folder in zip(pair, folders, strict=True):
        anchor.save(folder, anchor.provenance)
    decay = 0.9 if rule == "decay" else None
    merged = Anchor.merged([Anchor.load(folder) for folder in folders], rule, decay).stored_as(storage_of(kind))
    merged.save(tmp_path / "merged", merged.provenance)
    opened = Anchor.load(tmp_path / "merged", tiny_model(), "a")
    in_memory = Anchor.merged(pair, rule, decay).stored_as(storage_of(kind))
    assert same_bits(opened.importance, in_memory.importance)
    assert same_bits(opened.reference, values(tiny_model()))
    TrainingPhase(tiny_model(), settings(method="hierarchical"), opened)


def test_anchors_of_different_bases_or_parameters_are_refused(pair):
    with pytest.raises(InvalidInputError, match=r"hash a\), found another one \(hash b\)"):
        Anchor.merged([pair[0], replace(pair[1], provenance={"baseModel": "b"})], "sum")
    with pytest.raises(InvalidInputError, match="the first mismatch is"):
        Anchor.merged([pair[0], replace(measured_anchor(lora_model()), provenance={})], "sum")
    with pytest.raises(InvalidInputError, match="at least one anchor"):
        Anchor.merged([], "sum")
