import dataclasses

import pytest
import torch
from phases import lora_model, measured_anchor, retain, tiny_model
from tiny_models import VOCABULARY_SIZE

from ballast import InvalidInputError, covered_parameters


def penalty_of(model, anchor=None, **changes):
    return retain("l2", model, anchor, **changes)


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


def test_rows_of_tokens_that_general_text_never_has_are_free_when_asked():
    model = tiny_model()
    anchor = dataclasses.replace(measured_anchor(model), seen_tokens=torch.arange(VOCABULARY_SIZE) % 3 > 0)
    retention = retain("l2", model, anchor, strength=2.0, options={"freeUnseen": True})
    embedding = covered_parameters(model)["model.embed_tokens.weight"]  # Tied: the head too.
    with torch.no_grad():
        embedding[0::3] += 1
    assert retention.value() == 0
    with torch.no_grad():
        embedding[1] += 1
    assert retention.value().item() == pytest.approx(2.0 * embedding.shape[1])
    before = embedding.detach().clone()
    retention.proximal_step(0.1, torch.zeros((), dtype=torch.int32))
    assert torch.equal(embedding[0::3], before[0::3]) and not torch.equal(embedding[1], before[1])


def test_free_unseen_without_general_text_says_what_to_add():
    with pytest.raises(InvalidInputError, match='freeUnseen: .* found no general text: add a "general" block'):
        retain("l2", tiny_model(), options={"freeUnseen": True})
    with pytest.raises(InvalidInputError, match="without noting them"):
        retain("l2", tiny_model(), measured_anchor(tiny_model()), options={"freeUnseen": True})


def test_free_unseen_of_an_adapter_without_rows_of_tokens_is_refused():
    model = lora_model()
    anchor = dataclasses.replace(measured_anchor(model), seen_tokens=torch.ones(VOCABULARY_SIZE, dtype=torch.bool))
    with pytest.raises(InvalidInputError, match="freeUnseen: expected an embedding or a head that is trained, found none"):
        retain("l2", model, anchor, options={"freeUnseen": True})
