import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast import InvalidInputError, QuadraticPenalty

OPEN = torch.zeros((), dtype=torch.int32)
SHAPES = {"a": (3, 5), "b": (7,)}


def example(form: str, strength: float, weights=None):
    """Penalty, θ, Ω, c, θ*, all random but the same at every call."""
    generator = torch.Generator().manual_seed(7)
    theta, reference, omega = (
        {name: torch.randn(shape, generator=generator) for name, shape in SHAPES.items()} for _ in range(3)
    )
    omega = {name: tensor.abs() for name, tensor in omega.items()} if weights is None else weights
    theta = {name: torch.nn.Parameter(tensor) for name, tensor in theta.items()}
    coefficients = {"a": 0.4, "b": 1.7}
    penalty = QuadraticPenalty(theta, omega, coefficients, reference, strength, form)
    return penalty, theta, omega, coefficients, reference


def written(theta, omega, coefficients, reference, strength) -> torch.Tensor:
    """The penalty as the paper writes it."""
    return strength * sum(
        coefficients[name] * (omega[name] * (theta[name] - reference[name]) ** 2).sum() for name in theta
    )


def test_value_is_the_written_penalty():
    penalty, *terms = example("gradient", 0.3)
    torch.testing.assert_close(penalty.value(), written(*terms, 0.3).double(), check_dtype=False)
    assert penalty.value() > 0.1


def test_gradient_form_is_autograd_of_the_written_loss():
    penalty, theta, *terms = example("gradient", 0.3)
    task = sum((parameter**3).sum() for parameter in theta.values())
    expected = torch.autograd.grad(task + written(theta, *terms, 0.3), list(theta.values()))
    sum((parameter**3).sum() for parameter in theta.values()).backward()
    penalty.add_gradient()
    torch.testing.assert_close([parameter.grad for parameter in theta.values()], list(expected))


@pytest.mark.parametrize("strength", [0.01, 1.0, 30.0, 1e4])
def test_proximal_form_is_its_closed_form(strength):
    penalty, theta, omega, coefficients, reference = example("proximal", strength)
    expected = {
        name: reference[name].double()
        + (theta[name].detach().double() - reference[name].double())
        / (1 + 2 * 0.02 * strength * coefficients[name] * omega[name].double())
        for name in theta
    }
    penalty.proximal_step(0.02, OPEN)
    for name, parameter in theta.items():
        torch.testing.assert_close(parameter.detach().double(), expected[name], rtol=1e-6, atol=1e-6)


def test_proximal_form_minimises_the_penalty_plus_the_squared_move():
    penalty, theta, *terms = example("proximal", 3.0)
    before = {name: parameter.detach().clone() for name, parameter in theta.items()}
    penalty.proximal_step(0.1, OPEN)
    moved = sum(((theta[name] - before[name]) ** 2).sum() for name in theta) / (2 * 0.1)
    slopes = torch.autograd.grad(moved + written(theta, *terms, 3.0), list(theta.values()))
    for slope in slopes:
        torch.testing.assert_close(slope, torch.zeros_like(slope), atol=1e-4, rtol=0)


finite = st.floats(-(2.0**40), 2.0**40, width=32)


@settings(deadline=None, derandomize=True)
@given(
    theta=finite,
    reference=finite,
    omega=st.floats(0, 2.0**100, width=32),
    strength=st.floats(0, 1e300),
    learning_rate=st.floats(0, 1),
)
def test_proximal_form_never_overshoots(theta, reference, omega, strength, learning_rate):
    parameter = torch.tensor([theta])
    weights, references = {"a": torch.tensor([omega])}, {"a": torch.tensor([reference])}
    penalty = QuadraticPenalty({"a": parameter}, weights, {"a": 1.0}, references, strength, "proximal")
    penalty.proximal_step(learning_rate, OPEN)
    assert min(theta, reference) <= parameter.item() <= max(theta, reference)


def test_an_unbounded_strength_puts_the_parameters_on_the_reference():
    penalty, theta, _, _, reference = example("proximal", 1e300)
    penalty.proximal_step(1.0, OPEN)
    for name, parameter in theta.items():
        assert torch.equal(parameter, reference[name])


@pytest.mark.parametrize("form", ["proximal", "gradient"])
def test_zero_importance_is_free_at_any_strength(form):
    penalty, theta, *_ = example(form, 1e30, {name: torch.zeros(shape) for name, shape in SHAPES.items()})
    for parameter in theta.values():
        parameter.grad = torch.ones_like(parameter)
    before = {name: parameter.detach().clone() for name, parameter in theta.items()}
    penalty.add_gradient()
    penalty.proximal_step(1.0, OPEN)
    for name, parameter in theta.items():
        assert torch.equal(parameter.detach(), before[name]) and (parameter.grad == 1).all()


@pytest.mark.parametrize("full", [True, False])
def test_large_tensors_are_pulled_everywhere(full):
    theta, reference = torch.ones(1001, 177), torch.zeros(1001, 177)
    weight = torch.full_like(theta, 2.0) if full else torch.tensor(2.0)
    QuadraticPenalty({"a": theta}, {"a": weight}, {"a": 1.0}, {"a": reference}, 0.5, "proximal").proximal_step(0.5, OPEN)
    assert (theta == 0.5).all()


@pytest.mark.parametrize("form", ["proximal", "gradient"])
def test_one_weight_all_over_a_tensor_is_as_good_as_a_full_one(form):
    full = {name: torch.full(shape, 2.0) for name, shape in SHAPES.items()}
    outcomes = []
    for weights in (full, dict.fromkeys(SHAPES, torch.tensor(2.0))):
        penalty, theta, *_ = example(form, 0.3, weights)
        for parameter in theta.values():
            parameter.grad = torch.zeros_like(parameter)
        penalty.add_gradient()
        penalty.proximal_step(0.1, OPEN)
        outcomes.append([*theta.values(), *(parameter.grad for parameter in theta.values()), penalty.value()])
    torch.testing.assert_close(*outcomes)


def test_each_form_leaves_the_others_part_alone():
    proximal, theta, *_ = example("proximal", 1.0)
    for parameter in theta.values():
        parameter.grad = torch.zeros_like(parameter)
    proximal.add_gradient()
    assert all((parameter.grad == 0).all() for parameter in theta.values())
    gradient, theta, *_ = example("gradient", 1.0)
    before = {name: parameter.detach().clone() for name, parameter in theta.items()}
    gradient.proximal_step(1.0, OPEN)
    assert all(torch.equal(theta[name], before[name]) for name in theta)


def test_a_shut_gate_stops_the_proximal_step_bit_for_bit():
    penalty, theta, *_ = example("proximal", 1e300)
    before = {name: parameter.detach().clone() for name, parameter in theta.items()}
    penalty.proximal_step(1.0, torch.tensor(4, dtype=torch.int32))
    assert all(torch.equal(theta[name], before[name]) for name in theta)


def test_an_unknown_form_is_refused():
    with pytest.raises(InvalidInputError, match='found "both"'):
        example("both", 1.0)


@pytest.mark.parametrize("strength", [-1.0, float("nan")])
def test_a_strength_below_zero_is_refused(strength):
    with pytest.raises(InvalidInputError, match="lambda of at least 0"):
        example("proximal", strength)
