"""The effective penalty against autograd on the written formula."""

import pytest
import torch
from phases import LargestMade, lora_model, measured_anchor, retain
from torch import nn
from transformers.pytorch_utils import Conv1D

from ballast import InvalidInputError
from ballast.adapted import AdaptedMatrix, adapted_matrices
from ballast.effective_penalty import EffectivePenalty


def matrix(name: str, transposed: bool, inputs: int = 7, outputs: int = 11, rank: int = 3) -> AdaptedMatrix:
    generator = torch.Generator().manual_seed(len(name))
    base = Conv1D(outputs, inputs) if transposed else nn.Linear(inputs, outputs)
    a, b = (
        nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((rank, inputs), (outputs, rank))
    )
    return AdaptedMatrix(name, base, base.weight, a, b, "a", "b", 1.7, transposed)


@pytest.mark.parametrize("tile", [1, 10, 23, 1 << 20])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("from_zero", [False, True])
def test_value_and_gradients_are_autograds(tile, dtype, from_zero):
    torch.manual_seed(1)
    matrices = [matrix("linear", False), matrix("conv1d", True), matrix("narrow", False, 5, 2, 2)]
    weights = {each.name: torch.rand_like(each.weight).to(dtype) for each in matrices}
    coefficients = {"linear": 0.3, "conv1d": 2.0, "narrow": 1.1}
    reference = {
        each.name: (torch.randn_like(each.b.detach()) * (not from_zero), torch.randn_like(each.a.detach()))
        for each in matrices
    }
    penalty = EffectivePenalty(matrices, weights, coefficients, reference, 0.7, "gradient", tile)
    loss = 0.0
    for each in matrices:
        b, a = reference[each.name]
        change = 1.7 * (each.b.double() @ each.a.double() - b.double() @ a.double())
        change = change.T if each.transposed else change
        loss = loss + 0.7 * coefficients[each.name] * (weights[each.name].double() * change**2).sum()
    factors = [factor for each in matrices for factor in (each.a, each.b)]
    expected = torch.autograd.grad(loss, factors)
    for factor in factors:
        factor.grad = torch.ones_like(factor)  # What the task left.
    penalty.add_gradient()
    assert penalty.value().item() == pytest.approx(loss.item(), rel=1e-5)
    assert penalty.acts_on_step and penalty.value().dtype == torch.float64
    for factor, gradient in zip(factors, expected, strict=True):
        assert torch.allclose(factor.grad - 1, gradient, rtol=1e-4, atol=1e-5 * float(gradient.abs().max()))


def test_at_the_reference_it_is_zero_to_the_bit():
    matrices = [matrix("linear", False)]
    reference = {"linear": (matrices[0].b.detach().clone(), matrices[0].a.detach().clone())}
    penalty = EffectivePenalty(matrices, {"linear": torch.ones(())}, {"linear": 1.0}, reference, 1.0, "gradient")
    assert penalty.value() == 0


def test_a_small_move_from_a_large_reference_is_not_lost_in_rounding():
    """B A and B* A* agree in nearly all their digits; their difference is taken before they are multiplied."""
    each = matrix("linear", False)
    b, a = each.b.detach() * 1000, each.a.detach() * 1000
    with torch.no_grad():
        each.b.copy_(b)
        each.a.copy_(a)
        each.b[0, 0] += 2.0**-8
    penalty = EffectivePenalty([each], {"linear": torch.ones(())}, {"linear": 1.0}, {"linear": (b, a)}, 1.0, "gradient")
    moved = float(each.b.detach()[0, 0].double() - b[0, 0].double())
    assert penalty.value().item() == pytest.approx(1.7**2 * moved**2 * float(a[0].double().square().sum()), rel=1e-5)


def test_l2_in_effective_space_is_the_squared_norm_of_the_change():
    model = lora_model("gpt2")
    matrices = adapted_matrices(model)
    start = {each.name: each.module.get_delta_weight("default").detach() for each in matrices}
    penalty = retain("l2", model, strength=3.0, space="effective", form="gradient")
    assert penalty.value() == 0
    with torch.no_grad():
        for each in matrices:
            each.a.add_(0.1)
            each.b.sub_(0.2)
    expected = sum(
        3.0 * (each.module.get_delta_weight("default") - start[each.name]).double().square().sum() for each in matrices
    )
    assert penalty.value().item() == pytest.approx(expected.item(), rel=1e-5)


def test_what_effective_space_does_not_have_is_refused_with_its_key():
    model = lora_model()
    for method in ("hierarchical", "l2"):
        anchor = measured_anchor(lora_model(), space="effective")
        with pytest.raises(InvalidInputError, match='retention.form: .* "gradient" with retention.space "effective"'):
            retain(method, model, anchor, space="effective", form="proximal")
    with pytest.raises(InvalidInputError, match='retention.space: expected factors for the method "ewc"'):
        retain("ewc", model, space="effective", form="gradient")
    with pytest.raises(InvalidInputError, match="freeUnseen: .* leave the option out"):
        retain("l2", model, space="effective", form="gradient", options={"freeUnseen": True})
    with pytest.raises(InvalidInputError, match="lambda of at least 0"):
        EffectivePenalty([], {}, {}, {}, -1.0, "gradient")


@pytest.mark.parametrize("transposed", [False, True])
def test_nothing_larger_than_a_tile_or_the_factors_is_made(transposed):
    each = matrix("large", transposed, inputs=60, outputs=50, rank=2)
    reference = {"large": (each.b.detach() + 1, each.a.detach() + 1)}
    weights = {"large": torch.rand_like(each.weight).to(torch.bfloat16)}
    penalty = EffectivePenalty([each], weights, {"large": 1.0}, reference, 1.0, "gradient", tile=400)
    each.a.grad, each.b.grad = torch.zeros_like(each.a), torch.zeros_like(each.b)
    with LargestMade() as largest:
        penalty.add_gradient()
        penalty.value()
    assert 0 < largest.numbers <= 400 < 60 * 50
