"""The effective penalty against autograd on the written formula."""

import pytest
import torch
from phases import (
    LargestMade,
    batch,
    lora_model,
    mean_loss,
    measured_anchor,
    retain,
    same_bits,
    settings,
    train,
    values,
)
from torch import nn
from transformers.pytorch_utils import Conv1D

from ballast import InvalidInputError, TrainingPhase
from ballast.adapters.adapted import AdaptedMatrix, adapted_matrices
from ballast.retention.effective_penalty import EffectivePenalty


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


def proximal_case(weight: str, strength: float, tile: int = 1 << 20):
    """Two matrices a little off their reference, a proximal penalty on them, and the f that its step lowers, in float64:
    f(factors by name) = ½ Σ ‖factor − where it was‖² + η Σ λ c Ω E²."""
    torch.manual_seed(3)
    matrices = [matrix("linear", False), matrix("conv1d", True)]
    weights = {
        each.name: {"dense": torch.rand_like(each.weight), "bfloat16": torch.rand_like(each.weight).bfloat16(),
                    "sparse": torch.rand_like(each.weight) * (torch.rand_like(each.weight) > 0.7),
                    "one": torch.tensor(0.6)}[weight].detach()
        for each in matrices
    }  # fmt: skip
    coefficients = {"linear": 0.3, "conv1d": 2.0}
    reference = {each.name: (each.b.detach() + 0.3, each.a.detach() - 0.2) for each in matrices}
    penalty = EffectivePenalty(matrices, weights, coefficients, reference, strength, "proximal", tile)
    was = {each.name: (each.b.detach().clone(), each.a.detach().clone()) for each in matrices}

    def lowered(each: AdaptedMatrix, b: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        change = 1.7 * (b.double() @ a.double() - reference[each.name][0].double() @ reference[each.name][1].double())
        weighted = weights[each.name].double() * (change.T if each.transposed else change) ** 2
        moved = sum((now.double() - then.double()).square().sum() for now, then in zip((b, a), was[each.name], strict=True))
        return moved / 2 + ETA * strength * coefficients[each.name] * weighted.sum()

    return matrices, penalty, was, lowered


ETA, OPEN = 0.01, torch.zeros((), dtype=torch.int32)


@pytest.mark.parametrize("tile", [1, 23, 1 << 20])
@pytest.mark.parametrize("weight", ["dense", "bfloat16", "sparse", "one"])
@pytest.mark.parametrize("strength", [0.5, 30.0, 1e4])
def test_a_proximal_step_goes_to_the_minimum_over_one_factor_and_then_over_the_other(weight, strength, tile):
    """By autograd: f is flat in the factor of the rows where that of the columns stands as it was, and afterwards flat in
    that of the columns."""
    matrices, penalty, was, lowered = proximal_case(weight, strength, tile)
    penalty.proximal_step(ETA, OPEN)
    for each in matrices:
        first, second = (each.a, each.b) if each.transposed else (each.b, each.a)
        b, a = was[each.name]
        then = (b, first) if each.transposed else (first, a)
        at_start = torch.autograd.grad(lowered(each, b.requires_grad_(), a.requires_grad_()), [b, a])
        size = max(float(gradient.abs().max()) for gradient in at_start)
        (flat,) = torch.autograd.grad(lowered(each, *then), first)
        assert float(flat.abs().max()) < 1e-4 * size
        (flat,) = torch.autograd.grad(lowered(each, each.b, each.a), second)
        assert float(flat.abs().max()) < 1e-4 * size


@pytest.mark.parametrize("weight", ["dense", "sparse", "one"])
def test_a_proximal_step_never_ends_higher_whatever_the_strength(weight):
    for strength in [10.0**exponent for exponent in range(-6, 31, 4)] + [float("inf")]:
        matrices, penalty, was, lowered = proximal_case(weight, min(strength, 1e30))
        penalty.strength = strength
        began = sum(lowered(each, *was[each.name]) for each in matrices)
        penalty.proximal_step(ETA, OPEN)
        assert sum(lowered(each, each.b, each.a) for each in matrices) <= began, strength


def test_a_weak_proximal_step_is_the_gradient_form_s_with_the_same_rate():
    matrices, penalty, was, _ = proximal_case("dense", 1e-4)
    penalty.proximal_step(ETA, OPEN)
    moved = {each.name: [now.detach() - then for now, then in zip((each.b, each.a), was[each.name], strict=True)]
             for each in matrices}  # fmt: skip
    matrices, penalty, _, _ = proximal_case("dense", 1e-4)
    penalty.form = "gradient"
    for each in matrices:
        each.a.grad, each.b.grad = torch.zeros_like(each.a), torch.zeros_like(each.b)
    penalty.add_gradient()
    for each in matrices:
        for got, factor in zip(moved[each.name], (each.b, each.a), strict=True):
            assert torch.allclose(got, -ETA * factor.grad, rtol=0.05, atol=0.02 * ETA * float(factor.grad.abs().max()))


def test_a_shut_gate_and_the_gradient_form_leave_every_bit():
    matrices, penalty, was, _ = proximal_case("dense", 30.0)
    penalty.proximal_step(ETA, torch.ones((), dtype=torch.int32))
    penalty.form = "gradient"
    penalty.proximal_step(ETA, OPEN)
    assert all(torch.equal(each.b, was[each.name][0]) and torch.equal(each.a, was[each.name][1]) for each in matrices)


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
    with pytest.raises(InvalidInputError, match='retention.form: expected "gradient" or "proximal", found "objective"'):
        EffectivePenalty([], {}, {}, {}, 1.0, "objective")
    with pytest.raises(InvalidInputError, match='retention.space: expected factors for the method "ewc"'):
        retain("ewc", model, space="effective", form="gradient")
    with pytest.raises(InvalidInputError, match="freeUnseen: .* leave the option out"):
        retain("l2", model, space="effective", form="gradient", options={"freeUnseen": True})
    with pytest.raises(InvalidInputError, match="lambda of at least 0"):
        EffectivePenalty([], {}, {}, {}, -1.0, "gradient")


def test_rows_and_columns_whose_system_cannot_be_solved_stay_and_all_others_are_finite():
    each = matrix("linear", False)
    weight = torch.ones_like(each.weight.detach())
    weight[4, 2] = float("inf")
    reference = {"linear": (each.b.detach() + 0.3, each.a.detach() - 0.2)}
    penalty = EffectivePenalty([each], {"linear": weight}, {"linear": 1.0}, reference, 30.0, "proximal")
    b, a = each.b.detach().clone(), each.a.detach().clone()
    penalty.proximal_step(ETA, OPEN)
    assert torch.equal(each.b[4], b[4]) and torch.equal(each.a[:, 2], a[:, 2])
    assert each.b.isfinite().all() and each.a.isfinite().all()
    assert not torch.equal(each.b[3], b[3]) and not torch.equal(each.a[:, 1], a[:, 1])


@pytest.mark.parametrize("method", ["hierarchical", "l2"])
def test_a_phase_takes_its_proximal_steps_and_a_shut_gate_none(method):
    """What holds it: at a huge λ the change stays at its reference, and a batch whose loss is NaN moves nothing."""
    moved = {}
    for strength in (0.0, 1e6):
        model = lora_model()
        anchor = measured_anchor(model, space="effective") if method == "hierarchical" else None
        matrices = adapted_matrices(model)
        phase = TrainingPhase(
            model, settings(method=method, space="effective", form="proximal", strength=strength), anchor
        )
        before = [each.module.get_delta_weight("default").detach() for each in matrices]
        train(phase, batch(), steps=3)
        moved[strength] = sum(
            float((each.module.get_delta_weight("default").detach() - start).square().sum())
            for each, start in zip(matrices, before, strict=True)
        )
        stands = values(model)
        phase.backward(mean_loss(model, batch()) * float("nan"))
        phase.step()
        assert same_bits(values(model), stands)
    assert moved[1e6] < 0.1 * moved[0.0]


def test_the_default_form_in_the_effective_space_is_the_gradient_s():
    anchor = measured_anchor(lora_model(), space="effective")
    assert retain("hierarchical", lora_model(), anchor, space="effective", form=None).form == "gradient"
    assert retain("l2", lora_model(), form=None).form == "proximal"


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("rank", [2, 9])
def test_nothing_larger_than_a_tile_or_the_factors_products_is_made(transposed, rank):
    each = matrix("large", transposed, inputs=60, outputs=50, rank=rank)
    reference = {"large": (each.b.detach() + 1, each.a.detach() + 1)}
    weights = {"large": torch.rand_like(each.weight).to(torch.bfloat16)}
    penalty = EffectivePenalty([each], weights, {"large": 1.0}, reference, 1.0, "gradient", tile=400)
    each.a.grad, each.b.grad = torch.zeros_like(each.a), torch.zeros_like(each.b)
    proximal = EffectivePenalty([each], weights, {"large": 1.0}, reference, 1.0, "proximal", tile=400)
    with LargestMade() as largest:
        penalty.add_gradient()
        penalty.value()
        proximal.proximal_step(ETA, OPEN)
    assert 0 < largest.numbers <= max(400, 60 * rank * (rank + 1) // 2) < 60 * 50
