import dataclasses
import textwrap

import pytest
import torch
from phases import batch, mean_loss, measured_anchor, retain, same_bits, settings, tiny_model, train, values

from ballast import Anchor, InvalidInputError, RetentionPenalty, TrainingPhase
from ballast.importance import FISHER
from ballast.methods import Method
from ballast.retention import Retention


@pytest.fixture(scope="module")
def anchor():
    return measured_anchor(tiny_model())


def step(model, penalty, optimizer):
    mean_loss(model, batch()).backward()
    penalty.add_gradient()
    optimizer.step()
    penalty.proximal_step(optimizer.param_groups[0]["lr"])
    optimizer.zero_grad()


@pytest.mark.parametrize("form", ["gradient", "proximal"])
@pytest.mark.parametrize("method", ["hierarchical", "l2"])
def test_a_notebooks_loop_is_a_training_phase(method, form, anchor):
    model, other = tiny_model(), tiny_model()
    penalty = RetentionPenalty(model, anchor, method, form=form)
    adamw = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0, fused=True)
    for _ in range(6):
        step(model, penalty, adamw)
    phase = train(TrainingPhase(other, settings(method=method, form=form), anchor), batch())
    # The phase takes AdamW and the proximal step in one pass, which rounds otherwise than torch in places.
    torch.testing.assert_close(values(model), values(other), rtol=1e-5, atol=1e-6)
    assert penalty.value().item() == pytest.approx(phase.progress()["penalty"], rel=1e-4)
    assert phase.progress()["penalty"] == pytest.approx(phase.retention.value().item(), rel=1e-6)
    assert penalty.value() > 0
    assert penalty.strength == phase.retention.strength


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.Adagrad, torch.optim.Adam])
def test_any_optimizer_serves(make, anchor):
    distances = []
    for strength in (0.0, 300.0):
        model = tiny_model()
        anchor.restore(model)
        penalty = RetentionPenalty(model, anchor, strength=strength)
        optimizer = make(model.parameters(), lr=0.01)
        for _ in range(4):
            step(model, penalty, optimizer)
        distances.append(RetentionPenalty(model, anchor, strength=1.0).value())
    assert distances[1] < 0.5 * distances[0]


def test_settings_left_open_are_the_methods_own(anchor):
    penalty = RetentionPenalty(tiny_model(), anchor)
    assert (penalty.form, penalty.strength) == ("proximal", 30.0)
    assert RetentionPenalty(tiny_model(), anchor, form="gradient").strength == 0.01


def test_settings_reach_the_method(anchor):
    model = tiny_model()
    expected = retain(
        "hierarchical", model, anchor, strength=3.0, layerCoefficients="paper", layers="parameter", normalize="none"
    )
    penalty = RetentionPenalty(
        model, anchor, strength=3.0, layer_coefficients="paper", layers="parameter", normalize="none"
    )
    assert penalty.value() == expected.value() > 0
    halved = RetentionPenalty(model, fisher(anchor), "ewc", options={"halved": True})
    assert halved.value() == RetentionPenalty(model, fisher(anchor), "ewc").value() / 2


def fisher(anchor: Anchor) -> Anchor:
    """An anchor that passes for one of Fisher information."""
    return dataclasses.replace(anchor, measured=dataclasses.replace(anchor.measured, method=FISHER))


def test_a_parameter_that_the_loss_does_not_reach_is_pulled_back_by_the_gradient_form():
    used, unused = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))
    model = torch.nn.ParameterDict({"used": used, "unused": unused})
    penalty = RetentionPenalty(model, None, "l2", strength=0.5, form="gradient")
    unused.data += 1.0
    used.sum().backward()
    penalty.add_gradient()
    assert used.grad.tolist() == [1.0, 1.0] and unused.grad.tolist() == [1.0, 1.0]


def test_the_proximal_form_leaves_gradients_alone(anchor):
    model = tiny_model()
    RetentionPenalty(model, anchor).add_gradient()
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_shut_gate_stops_the_proximal_step(anchor):
    model = tiny_model()
    before = values(model)
    penalty = RetentionPenalty(model, anchor, strength=1e9)
    penalty.proximal_step(1.0, torch.ones((), dtype=torch.int32))
    assert same_bits(values(model), before)
    penalty.proximal_step(1.0)
    assert not same_bits(values(model), before)


def test_the_documented_example_runs(anchor):
    model = tiny_model()
    names = {
        "RetentionPenalty": RetentionPenalty,
        "clip_grad_norm_": torch.nn.utils.clip_grad_norm_,
        "model": model,
        "anchor": anchor,
        "optimizer": torch.optim.AdamW(model.parameters(), lr=1e-3),
        "batches": [batch(), batch()],
        "loss": mean_loss,
    }
    exec(textwrap.dedent(RetentionPenalty.__doc__.partition("::\n")[2].partition("\n\n    Of the two")[0]), names)
    assert names["penalty"].value() > 0


class Weighted(Method):
    """Changes the objective beside its penalty."""

    def retain(self, start):
        class Both(Retention):
            def objective(self, opened, batch):
                return super().objective(opened, batch)

        return Both()


@pytest.mark.parametrize("method", ["kl", "asft", "test_retention_penalty:Weighted"])
def test_a_method_that_acts_through_the_objective_is_refused(method, anchor):
    with pytest.raises(InvalidInputError, match=f'"{method}", which acts through the objective'):
        RetentionPenalty(tiny_model(), anchor, method)


def test_parameters_that_are_not_float32_are_refused(anchor):
    with pytest.raises(InvalidInputError, match="float32, found torch.bfloat16"):
        RetentionPenalty(tiny_model().bfloat16(), None, "l2")
