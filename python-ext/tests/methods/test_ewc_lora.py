import dataclasses

import pytest
import torch
from phases import lora_model, measured_anchor, retain

from ballast import Anchor, InvalidInputError, covered_parameters, methods
from ballast.adapters.adapted import adapted_matrices, base_parameters
from ballast.importance import Importance
from ballast.methods.ewc_lora import eight_bit

EFFECTIVE = {"space": "effective", "form": "gradient"}


def fisher_anchor(model, variant="released", seed=1) -> Anchor:
    """Some F ≥ 0 of the whole base, or of the adapted matrices."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {matrix.name: matrix.weight.shape for matrix in adapted_matrices(model)}
    if variant == "released":
        shapes = {name: weight.shape for name, weight in base_parameters(model).items()}
    values = {name: torch.rand(shape, generator=generator) ** 4 for name, shape in shapes.items()}
    reference = {name: factor.detach().clone() for name, factor in covered_parameters(model).items()}
    measured = Importance(values, f"fisher_effective_{variant}", samples=5)
    return Anchor.of(model, measured, reference, True, "uniform", "block", "mean")


def move(model):
    with torch.no_grad():
        for parameter in covered_parameters(model).values():
            parameter += torch.randn(parameter.shape, generator=torch.Generator().manual_seed(4))


def written(model, anchor, fisher, strength):
    """λ Σ F (s(BA − B*A*))² by PEFT's own product."""
    total, end = 0.0, {name: value.detach().clone() for name, value in covered_parameters(model).items()}
    changes = [matrix.module.get_delta_weight("default").detach() for matrix in adapted_matrices(model)]
    anchor.restore(model)
    for matrix, change in zip(adapted_matrices(model), changes, strict=True):
        difference = change - matrix.module.get_delta_weight("default").detach()
        total += strength * float((fisher[matrix.name].double() * difference.double() ** 2).sum())
    for name, value in covered_parameters(model).items():
        value.detach().copy_(end[name])
    return total


@pytest.mark.parametrize("name", ["llama-tied", "gpt2"])
@pytest.mark.parametrize("variant", ["released", "restricted", "online"])
def test_the_penalty_is_the_written_one(name, variant):
    model = lora_model(name)
    anchor = fisher_anchor(model, variant)
    move(model)
    options = {"variant": variant}
    penalty = retain("ewc-lora", model, anchor, strength=0.5, normalize="none", options=options, **EFFECTIVE)
    half = 0.5 if variant == "online" else 1
    assert penalty.value().item() == pytest.approx(half * written(model, anchor, anchor.importance, 0.5), rel=1e-5)
    normalised = retain("ewc-lora", model, anchor, strength=0.5, options=options, **EFFECTIVE)
    held = torch.cat([anchor.importance[matrix.name].flatten() for matrix in adapted_matrices(model)])
    assert normalised.value().item() == pytest.approx(penalty.value().item() / held.mean().item(), rel=1e-4)


def test_eight_bits_are_whole_numbers_relative_to_each_rows_largest():
    fisher = torch.tensor([[0.0, 1.0, 2.0], [1e-9, 2.0**-30, 0.0], [0.0, 0.0, 0.0], [3.0, 1.0, 0.01]])
    expected = torch.tensor([[0, 64, 127], [127, 118, 0], [0, 0, 0], [127, 42, 0]])
    assert torch.equal(eight_bit(fisher, False), expected.to(torch.bfloat16))
    assert torch.equal(eight_bit(fisher.T, True), expected.T.to(torch.bfloat16))
    whole = torch.arange(128)
    assert torch.equal(whole.to(torch.bfloat16).long(), whole), "bfloat16 holds every one of them"


@pytest.mark.parametrize("name", ["llama-tied", "gpt2"])
def test_int8_makes_every_row_weigh_alike(name):
    model = lora_model(name)
    anchor = fisher_anchor(model)
    for matrix in adapted_matrices(model):
        values = anchor.importance[matrix.name]
        (values.T if matrix.transposed else values)[0] *= 1e-6
    move(model)
    penalty = retain("ewc-lora", model, anchor, strength=2.0, normalize="none", options={"int8": True}, **EFFECTIVE)
    rows = {m.name: eight_bit(anchor.importance[m.name], m.transposed) for m in adapted_matrices(model)}
    assert penalty.value().item() == pytest.approx(written(model, anchor, rows, 2.0), rel=1e-5)
    for matrix in adapted_matrices(model):
        values = rows[matrix.name].T if matrix.transposed else rows[matrix.name]
        assert (values.amax(1) == 127).all()


def test_any_variant_with_the_same_measure_serves_and_others_do_not():
    model = lora_model()
    for measured, wanted in (("batched", "released"), ("released", "restricted"), ("restricted", "batched")):
        options = {"variant": wanted}
        assert retain("ewc-lora", model, fisher_anchor(model, measured), options=options, **EFFECTIVE).strength == 0.01
    with pytest.raises(InvalidInputError, match="of fisher_effective_released .* one of fisher_effective_online"):
        retain("ewc-lora", model, fisher_anchor(model, "online"), **EFFECTIVE)
    with pytest.raises(InvalidInputError, match="found one of path_integral"):
        retain("ewc-lora", model, measured_anchor(lora_model(), space="effective"), **EFFECTIVE)
    with pytest.raises(InvalidInputError, match='found one of fisher_effective_released'):
        retain("hierarchical", model, fisher_anchor(model), **EFFECTIVE)
    with pytest.raises(InvalidInputError, match='retention.space: expected effective for the method "ewc-lora"'):
        retain("ewc-lora", model, fisher_anchor(model), form="gradient")
    with pytest.raises(InvalidInputError, match='retention.form: expected gradient or proximal for .* "ewc-lora"'):
        retain("ewc-lora", model, fisher_anchor(model), space="effective", form="objective")
    assert retain("ewc-lora", model, fisher_anchor(model), space="effective", form="proximal").strength == 30


def test_its_options_say_what_is_measured():
    assert methods.describe("ewc-lora")["importance"] == "fisher_effective_released"
    assert methods.describe("ewc-lora", {"variant": "batched"})["importance"] == "fisher_effective_batched"
    with pytest.raises(InvalidInputError, match="variant: expected one of released, restricted, batched, online"):
        methods.describe("ewc-lora", {"variant": "own"})


def test_an_anchor_survives_its_file_with_what_it_does_not_need(tmp_path):
    model = lora_model()
    anchor = fisher_anchor(model)
    anchor.save(tmp_path, {})
    again = Anchor.load(tmp_path, lora_model(), space="effective")
    assert again.space == "effective" and again.reference_is_base
    assert len(again.importance) == len(base_parameters(model)), "the released one is of the whole model"
    penalty, other = (retain("ewc-lora", model, each, **EFFECTIVE) for each in (anchor, again))
    move(model)
    assert penalty.value() == other.value() > 0
    assert dataclasses.replace(again, reference=None).describe()["bytes"] == anchor.bytes
