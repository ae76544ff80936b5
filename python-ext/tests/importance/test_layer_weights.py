import math

import pytest
import torch

from ballast import InvalidInputError, layer_coefficients, weigh_layers

THREE_NORMS = {"embedding": 1.0, "block.0": 2.0, "head": 3.0}
THREE_SIZES = {"embedding": 4, "block.0": 1, "head": 9}


def tensors(**values: list[float]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(numbers) for name, numbers in values.items()}


@pytest.mark.parametrize(
    ("kind", "by_hand"),
    [
        ("paper", [0.09003057, 0.24472847, 0.66524096]),  # e¹, e², e³ over their sum
        ("scaled", [0.55897, 0.92159, 1.51944]),  # 3 e^½, 3 e¹, 3 e^1½ over their sum
        ("scaled-rms", [0.48762, 1.76386, 0.74852]),  # the same of 1/2, 2/1 and 3/3
        ("uniform", [1.0, 1.0, 1.0]),
    ],
)
def test_layer_coefficients_by_hand_on_three_layers(kind, by_hand):
    alpha = layer_coefficients(THREE_NORMS, THREE_SIZES, kind)
    assert list(alpha) == list(THREE_NORMS)
    assert list(alpha.values()) == pytest.approx(by_hand, rel=2e-5)


def test_softmax_of_large_norms_is_one_layer_not_nan():
    assert list(layer_coefficients({"a": 1.0, "b": 5000.0}, {"a": 1, "b": 1}, "paper").values()) == [0.0, 1.0]


def test_unknown_coefficients_are_refused():
    with pytest.raises(InvalidInputError, match='found "softmax"'):
        layer_coefficients(THREE_NORMS, THREE_SIZES, "softmax")


def test_importance_of_zero_everywhere_is_refused():
    with pytest.raises(InvalidInputError, match="did not lower its loss"):
        layer_coefficients(dict.fromkeys(THREE_NORMS, 0.0), THREE_SIZES, "scaled")


GROUPS = {"embedding": ["a"], "block.0": ["b", "c"]}
OMEGA = tensors(a=[3.0, 4.0], b=[12.0], c=[5.0])


def test_layers_by_hand():
    first, second = weigh_layers(OMEGA, GROUPS, "uniform", "mean").layers
    assert (first.name, first.parameters, first.elements, first.norm) == ("embedding", ("a",), 2, 5.0)
    assert (second.name, second.parameters, second.elements, second.norm) == ("block.0", ("b", "c"), 2, 13.0)
    assert second.rms == pytest.approx(13 / math.sqrt(2))


@pytest.mark.parametrize("kind", ["paper", "scaled", "scaled-rms", "uniform"])
def test_normalised_weights_have_mean_one(kind):
    coefficients = weigh_layers(OMEGA, GROUPS, kind, "mean").coefficients()
    assert torch.cat([coefficients[name] * omega for name, omega in OMEGA.items()]).mean() == pytest.approx(1)


def test_without_normalisation_the_coefficient_is_alpha():
    weights = weigh_layers(OMEGA, GROUPS, "scaled", "none")
    alpha = layer_coefficients({"embedding": 5.0, "block.0": 13.0}, {"embedding": 2, "block.0": 2}, "scaled")
    assert weights.coefficients() == {"a": alpha["embedding"], "b": alpha["block.0"], "c": alpha["block.0"]}


def test_entropy_is_ln_of_the_layers_when_uniform_and_zero_when_one_has_all():
    large = {name: 1000 * omega for name, omega in OMEGA.items()}
    assert weigh_layers(OMEGA, GROUPS, "uniform", "mean").alpha_entropy == pytest.approx(math.log(2))
    assert weigh_layers(large, GROUPS, "paper", "mean").alpha_entropy == pytest.approx(0)


def test_an_unknown_normalisation_is_refused():
    with pytest.raises(InvalidInputError, match='"mean" or "none", found "max"'):
        weigh_layers(OMEGA, GROUPS, "uniform", "max")
