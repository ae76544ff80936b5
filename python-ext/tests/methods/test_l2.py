import pytest
import torch
from phases import measured_anchor, settings, tiny_model

from ballast import InvalidInputError, covered_parameters, methods


def penalty_of(model, anchor=None, **changes):
    return methods.create("l2").penalty(model, covered_parameters(model), anchor, settings(method="l2", **changes))


def move(model, by: float) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += by


def test_without_an_anchor_it_pulls_to_where_the_phase_starts():
    model = tiny_model()
    penalty = penalty_of(model, strength=2.0)
    assert penalty.value() == 0
    move(model, 0.5)
    assert penalty.value().item() == pytest.approx(2.0 * 0.25 * model.num_parameters(), rel=1e-5)


def test_with_an_anchor_it_pulls_to_the_anchors_reference():
    model = tiny_model()
    anchor = measured_anchor(model)
    move(model, 0.5)
    assert penalty_of(model, anchor, strength=2.0).value().item() == pytest.approx(
        2.0 * 0.25 * model.num_parameters(), rel=1e-5
    )


def test_an_anchor_of_another_model_is_refused():
    with pytest.raises(InvalidInputError, match="the first mismatch is model.embed_tokens.weight"):
        penalty_of(tiny_model("gpt2"), measured_anchor(tiny_model()))


@pytest.mark.parametrize(("form", "strength"), [("proximal", 30.0), ("gradient", 0.01)])
def test_the_default_strength_depends_on_the_form(form, strength):
    assert penalty_of(tiny_model(), form=form).strength == strength
