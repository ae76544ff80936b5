import pytest
import torch
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

from ballast import InvalidInputError, PathIntegral
from ballast.importance.storage import Int8
from ballast.retention import Retention
from ballast.retention.penalty import QuadraticPenalty
from ballast.training.optim import FusedAdamW, Gate, PathIntegralAdamW, PenaltyAdamW, clip_factor, learning_rate

TRANSFORMERS = {
    "linear": get_linear_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
    "constant": lambda optimizer, warmup, steps: get_constant_schedule_with_warmup(optimizer, warmup),
}


@pytest.mark.parametrize("schedule", TRANSFORMERS)
@pytest.mark.parametrize(("warmup", "steps"), [(0, 12), (5, 12), (12, 12), (0, 1), (3, 2)])
def test_schedule_is_transformers(schedule, warmup, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.25)
    scheduler = TRANSFORMERS[schedule](optimizer, warmup, steps)
    for step in range(steps):
        (expected,) = scheduler.get_last_lr()
        assert learning_rate(schedule, 0.25, warmup, steps, step) == pytest.approx(expected, abs=1e-12)
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize(("schedule", "after"), [("linear", 0.0), ("cosine", 0.0), ("constant", 0.25)])
@pytest.mark.parametrize("warmup", [0, 10])
def test_after_the_last_step_the_rate_stays_where_it_ended(schedule, warmup, after):
    assert [learning_rate(schedule, 0.25, warmup, 10, step) for step in (10, 15)] == pytest.approx([after] * 2)


def test_an_unknown_schedule_is_refused():
    with pytest.raises(InvalidInputError, match='found "step"'):
        learning_rate("step", 0.1, 0, 10, 0)


@pytest.mark.parametrize("clip_norm", [0.1, 1.0, 100.0])
def test_clip_factor_is_torchs(clip_norm):
    parameter = torch.nn.Parameter(torch.zeros(4))
    parameter.grad = torch.tensor([1.0, -2.0, 3.0, 0.5])
    clipped = parameter.grad * clip_factor(torch.linalg.vector_norm(parameter.grad), clip_norm)
    torch.nn.utils.clip_grad_norm_([parameter], clip_norm)
    torch.testing.assert_close(clipped, parameter.grad)


def test_a_clip_norm_of_zero_clips_nothing():
    assert clip_factor(torch.tensor(1e6), 0) == 1


def test_the_gate_keeps_its_first_value_that_is_not_finite():
    gate = Gate(torch.device("cpu"))
    gate.watch(torch.tensor(1e38), 1, 1)
    assert (gate.step, gate.micro_batch) == (0, 0)
    gate.watch(torch.tensor(float("inf")), 3, 2)
    gate.watch(torch.tensor(float("nan")), 4, 1)
    gate.watch(torch.tensor(0.0), 5, 1)
    assert (gate.step, gate.micro_batch) == (3, 2)


def fused(parameters, weight_decay):
    return FusedAdamW(parameters, weight_decay, Retention())


def with_path_integral(parameters, weight_decay):
    return PathIntegralAdamW(PathIntegral(parameters), weight_decay)


def penalty_on(parameters, strength, form) -> QuadraticPenalty:
    """Ω and θ* at random, as an anchor in bfloat16 and one in 8 bits hold them."""
    generator = torch.Generator().manual_seed(6)
    weights = {name: torch.rand(7, 3, generator=generator) for name in parameters}
    weights["a"], weights["b"] = weights["a"].bfloat16(), Int8().held(Int8().encode(weights["b"]))
    reference = {name: torch.randn(7, 3, generator=generator) for name in parameters}
    return QuadraticPenalty(parameters, weights, {"a": 1.0, "b": 0.3}, reference, strength, form)


def with_penalty(parameters, weight_decay):
    return PenaltyAdamW(penalty_on(parameters, 0.0, "proximal"), weight_decay)


OPTIMIZERS = pytest.mark.parametrize("make", [fused, with_path_integral, with_penalty])
OPEN, SHUT = (torch.tensor(value, dtype=torch.int32) for value in (0, 9))


def parameters() -> dict[str, torch.nn.Parameter]:
    generator = torch.Generator().manual_seed(1)
    return {name: torch.nn.Parameter(torch.randn(7, 3, generator=generator)) for name in "ab"}


@OPTIMIZERS
def test_all_are_torchs_adamw_with_clipped_gradients(make):
    ours, theirs = parameters(), parameters()
    optimizer = make(ours, 0.1)
    expected = torch.optim.AdamW(theirs.values(), weight_decay=0.1, foreach=False)
    generator = torch.Generator().manual_seed(2)
    for step in range(20):
        for one, other in zip(ours.values(), theirs.values(), strict=True):
            one.grad = torch.randn(7, 3, generator=generator)
            other.grad = one.grad.clone()
        clip = clip_factor(torch.nn.utils.clip_grad_norm_(theirs.values(), 2.0), 2.0)
        expected.param_groups[0]["lr"] = rate = 0.01 / (step + 1)
        expected.step()
        optimizer.step(rate, clip, OPEN)
    torch.testing.assert_close(list(ours.values()), list(theirs.values()), rtol=1e-6, atol=1e-7)


@OPTIMIZERS
def test_a_shut_gate_leaves_parameters_and_moments(make):
    through, around = parameters(), parameters()
    optimizers = make(through, 0.1), make(around, 0.1)

    def step(which, value, gate):
        for parameter in (through, around)[which].values():
            parameter.grad = torch.full_like(parameter, value)
        optimizers[which].step(0.1, torch.tensor(1.0), gate)

    step(0, 0.5, OPEN)
    step(1, 0.5, OPEN)
    step(0, float("nan"), SHUT)
    assert all(torch.equal(through[name], around[name]) for name in through)
    moments = [
        [state[key] for state in optimizer._adamw.state.values() for key in ("exp_avg", "exp_avg_sq", "step")]
        if make is fused else [tensor for moments in optimizer._adamw.moments for tensor in moments]
        for optimizer in optimizers
    ]  # fmt: skip
    assert all(torch.equal(one, other) for one, other in zip(*moments, strict=True))


@pytest.mark.parametrize("form", ["gradient", "proximal"])
def test_the_penalty_in_one_pass_is_the_penalty_around_torchs_step(form):
    one, other = parameters(), parameters()
    measured_in, measured_around = PathIntegral(one), PathIntegral(other)
    fused_in = PenaltyAdamW(penalty_on(one, 2.0, form), 0.1, measured_in)
    around = FusedAdamW(other, 0.1, penalty_on(other, 2.0, form))
    generator = torch.Generator().manual_seed(2)
    for step in range(20):
        for pair in zip(one.values(), other.values(), strict=True):
            pair[0].grad = torch.randn(7, 3, generator=generator)
            pair[1].grad = pair[0].grad.clone()
        task_norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in one.values()])
        assert torch.equal(fused_in.gradient_norm(), task_norm)
        expected = penalized_norm(other, form)
        fused_in.step(0.1 / (step + 1), torch.tensor(0.5), OPEN)
        with measured_around.around_step(OPEN):  # g is the task's, before the penalty's joins it.
            assert around.gradient_norm().item() == pytest.approx(expected, rel=1e-6)
            around.step(0.1 / (step + 1), torch.tensor(0.5), OPEN)
        torch.testing.assert_close(measured_in.omega, measured_around.omega, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(list(one.values()), list(other.values()), rtol=1e-5, atol=1e-6)
        assert fused_in.penalty().item() == pytest.approx(around.penalty().item(), rel=1e-5)
    before = fused_in.penalty().item()
    fused_in.step(0.1, torch.tensor(1.0), SHUT)
    assert fused_in.penalty().item() == before > 0


def penalized_norm(parameters, form) -> float:
    """By autograd on the written penalty of `penalty_on`."""
    added = [torch.zeros(7, 3)] * 2
    if form == "gradient":
        penalty = penalty_on(parameters, 2.0, form)
        with torch.enable_grad():
            terms = zip(parameters.values(), *penalty._anchor, (1.0, 0.3), strict=True)
            loss = sum(2.0 * c * (omega.float() * (theta - there) ** 2).sum() for theta, there, omega, c in terms)
        added = torch.autograd.grad(loss, list(parameters.values()))
    return torch.nn.utils.get_total_norm(
        [parameter.grad + more for parameter, more in zip(parameters.values(), added, strict=True)]
    ).item()


def test_a_penalty_has_its_value_before_the_first_step():
    penalty = penalty_on(parameters(), 2.0, "proximal")
    assert PenaltyAdamW(penalty, 0.0).penalty() == penalty.value() > 0
