import textwrap

import pytest
import torch
from phases import batch, mean_loss, tiny_model, values

from ballast import PathIntegral, covered_parameters


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
        "covered_parameters": covered_parameters,
        "clip_grad_norm_": torch.nn.utils.clip_grad_norm_,
        "model": model,
        "optimizer": torch.optim.AdamW(model.parameters(), lr=1e-3),
        "batches": [ids, ids],
        "loss": mean_loss,
    }
    exec(example, names)
    assert sum(omega.sum() for omega in names["path_integral"].omega.values()) > 0


def test_start_is_a_copy():
    parameter = torch.nn.Parameter(torch.ones(2))
    path_integral = PathIntegral({"a": parameter})
    parameter.data.zero_()
    assert path_integral.start["a"].tolist() == [1.0, 1.0]
