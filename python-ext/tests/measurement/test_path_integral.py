import textwrap

import pytest
import torch
from phases import batch, mean_loss, same_bits, settings, tiny_model, train, values

from ballast import DivergedError, InvalidInputError, PathIntegral, TrainingPhase, covered_parameters


def relative_error_of_conservation(learning_rate: float, distance: float, momentum: float) -> float:
    """|Σω / loss gained − 1| of full-batch SGD that goes `distance` in steps of `learning_rate`."""
    model, ids = tiny_model(), batch()
    path_integral = PathIntegral(covered_parameters(model))
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum)
    first_loss = mean_loss(model, ids).item()
    for _ in range(round(distance / learning_rate)):
        mean_loss(model, ids).backward()
        with path_integral.around_step():
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
        optimizer.zero_grad()
    gained = first_loss - mean_loss(model, ids).item()
    total = sum(omega.sum(dtype=torch.float64).item() for omega in path_integral.omega.values())
    return abs(total / gained - 1)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sum_of_omega_nears_the_loss_gained_as_the_step_shrinks(momentum):
    distance = 2.0 * (1 - momentum)
    errors = [relative_error_of_conservation(distance / steps, distance, momentum) for steps in (10, 20, 40)]
    assert errors[2] < 0.05
    assert errors[1] < 0.6 * errors[0] and errors[2] < 0.6 * errors[1]  # First order: half the step, half the error.


def test_around_step_takes_the_gradient_before_clipping_and_the_move_that_was_made():
    model, ids = tiny_model(), batch()
    path_integral = PathIntegral(covered_parameters(model))
    mean_loss(model, ids).backward()
    before = values(model)
    gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    with path_integral.around_step():
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1e-2)
        torch.optim.SGD(model.parameters(), lr=0.5).step()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(path_integral.omega[name], -gradients[name] * (parameter.detach() - before[name]))


def test_a_parameter_without_gradient_has_no_omega():
    used, unused = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))
    path_integral = PathIntegral({"used": used, "unused": unused})
    used.sum().backward()
    with path_integral.around_step():
        torch.optim.SGD([used, unused], lr=0.5).step()
    assert path_integral.omega["used"].tolist() == [0.5, 0.5]
    assert path_integral.omega["unused"].tolist() == [0.0, 0.0]


def test_the_documented_example_runs():
    model, ids = tiny_model(), batch()
    example = textwrap.dedent(PathIntegral.__doc__.partition("::\n")[2].partition("\n\n    Ballast's own")[0])
    names = {
        "PathIntegral": PathIntegral,
        "clip_grad_norm_": torch.nn.utils.clip_grad_norm_,
        "model": model,
        "optimizer": torch.optim.AdamW(model.parameters(), lr=1e-3),
        "batches": [ids, ids],
        "loss": mean_loss,
    }
    exec(example, names)
    assert sum(omega.sum() for omega in names["path_integral"].omega.values()) > 0
    assert names["anchor"].importance.keys() == covered_parameters(model).keys()


def test_start_is_a_copy():
    parameter = torch.nn.Parameter(torch.ones(2))
    path_integral = PathIntegral({"a": parameter})
    parameter.data.zero_()
    assert path_integral.start["a"].tolist() == [1.0, 1.0]


def loop(model: torch.nn.Module, steps: int = 6) -> PathIntegral:
    """What `phases.settings` has a phase do, around torch's own AdamW."""
    path_integral = PathIntegral(model)
    adamw = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.0)
    for _ in range(steps):
        mean_loss(model, batch()).backward()
        with path_integral.around_step():
            adamw.step()
        adamw.zero_grad()
    return path_integral


@pytest.mark.parametrize("reference", ["end", "start"])
def test_a_notebooks_anchor_is_that_of_a_training_phase(reference):
    model, other = tiny_model(), tiny_model()
    phase = train(TrainingPhase(other, settings(importance="path_integral")), batch())
    phase.end()
    expected = phase.finish_importance(1.0, True, reference, "scaled", "block", "mean")
    anchor = loop(model).anchor(model, reference=reference)
    for name, omega in expected.importance.items():
        torch.testing.assert_close(anchor.importance[name], omega, rtol=1e-3, atol=1e-3 * omega.max().item())
        torch.testing.assert_close(anchor.reference[name], expected.reference[name], rtol=1e-5, atol=1e-6)
    assert anchor.measured.xi == pytest.approx(expected.measured.xi, rel=1e-3)
    assert [layer.name for layer in anchor.layer_weights.layers] == ["embedding", "block.0", "block.1"]
    assert same_bits(values(model), values(tiny_model())) == anchor.reference_is_base == (reference == "start")


def test_an_anchor_may_be_made_of_parameters_by_name():
    model = tiny_model()
    held = {name: parameter for name, parameter in model.named_parameters() if "mlp" in name}
    path_integral = PathIntegral(held)
    mean_loss(model, batch()).backward()
    with path_integral.around_step():
        torch.optim.SGD(held.values(), lr=0.1).step()
    assert path_integral.anchor(model).importance.keys() == held.keys()


def test_a_step_after_clipping_gives_the_same_omega_when_it_is_told_the_factor():
    found = []
    for early in (False, True):
        model = tiny_model()
        path_integral = PathIntegral(model)
        mean_loss(model, batch()).backward()
        sgd = torch.optim.SGD(model.parameters(), lr=0.5)
        factor = 0.01 / torch.nn.utils.get_total_norm([parameter.grad for parameter in model.parameters()])
        if early:
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.01)
        with path_integral.around_step(clip=factor if early else None):
            if not early:
                torch.nn.utils.clip_grad_norm_(model.parameters(), 0.01)
            sgd.step()
        found.append(path_integral.omega)
    torch.testing.assert_close(found[0], found[1], rtol=1e-3, atol=1e-9)


def test_an_unknown_reference_is_refused_and_another_may_be_asked_for():
    model = tiny_model()
    path_integral = loop(model, steps=1)
    with pytest.raises(InvalidInputError, match='found "ende"'):
        path_integral.anchor(model, reference="ende")
    assert path_integral.anchor(model).measured.sum_omega > 0


def test_a_path_that_is_not_finite_makes_no_anchor():
    model = tiny_model()
    path_integral = PathIntegral(model)
    (mean_loss(model, batch()) * float("nan")).backward()
    with path_integral.around_step():
        torch.optim.SGD(model.parameters(), lr=0.1).step()
    with pytest.raises(DivergedError, match="found a path integral of nan"):
        path_integral.anchor(model, xi=1e-7, relative=False)


def test_parameters_that_are_not_float32_are_refused():
    with pytest.raises(InvalidInputError, match="float32, found torch.bfloat16"):
        PathIntegral(tiny_model().bfloat16())
