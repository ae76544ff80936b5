import pytest
import torch
from phases import batch, mean_loss, retain, settings, tiny_model, train

from ballast import DivergedError, InvalidInputError, TrainingPhase, covered_parameters
from ballast.importance import RIEMANNIAN_WALK
from ballast.measurement.riemannian_walk import INTERVAL, RiemannianWalk

FINISH = (1.0, True, "end", "uniform", "parameter", "none")


def walk_by_hand(gradients, points, interval=INTERVAL):
    """The paper's equations on one flat parameter, in fp64: (F, s). gradients[t] moved points[t] to points[t + 1]."""
    fisher, score = None, torch.zeros_like(points[0])
    for first in range(0, len(gradients), interval):
        last = min(first + interval, len(gradients))
        squares = torch.stack([gradient**2 for gradient in gradients[first:last]]).mean(0)
        fisher = squares if fisher is None else 0.9 * squares + 0.1 * fisher
        gained = -sum(gradients[t] * (points[t + 1] - points[t]) for t in range(first, last))
        distance = fisher * (points[last] - points[first]) ** 2 / 2
        epsilon = distance[distance > 0].median()
        score = score + gained.clamp(min=0) / (distance + epsilon)
    return fisher, score


@pytest.mark.parametrize("steps", [INTERVAL, 2 * INTERVAL, 2 * INTERVAL + 3])
def test_it_is_the_papers_equations(steps):
    torch.manual_seed(2)
    theta = torch.nn.Parameter(torch.randn(50))
    optimizer = torch.optim.SGD([theta], lr=0.05, momentum=0.9)
    walk = RiemannianWalk({"theta": theta})
    gradients, points = [], [theta.detach().double()]
    for _ in range(steps):
        theta.grad = theta.detach() + 0.5 * torch.randn(50)
        gradients.append(theta.grad.double())
        with walk.around_step():
            optimizer.step()
        points.append(theta.detach().double())
    fisher, score = walk_by_hand(gradients, points)
    omega = walk.finish(1.0, True).values["theta"]
    assert torch.allclose(omega.double(), fisher / fisher.max() + score / score.max(), rtol=1e-4, atol=1e-6)
    assert float(omega.max()) <= 2 and float(omega.min()) >= 0


def test_a_phase_measures_it_and_the_method_is_held_by_it():
    model = tiny_model()
    phase = train(TrainingPhase(model, settings(importance=RIEMANNIAN_WALK)), batch(seed=2))
    phase.end()
    anchor = phase.finish_importance(*FINISH)
    assert anchor.measured.method == RIEMANNIAN_WALK
    other = tiny_model()
    retention = retain("rwalk", other, anchor, strength=0.5, normalize="none")
    expected = 0.5 * sum(
        (anchor.importance[name] * (parameter.detach() - anchor.reference[name]) ** 2).sum().item()
        for name, parameter in covered_parameters(other).items()
    )
    assert retention.value().item() == pytest.approx(expected, rel=1e-5)


def test_a_step_behind_a_shut_gate_is_not_measured():
    theta = torch.nn.Parameter(torch.ones(3))
    walk = RiemannianWalk({"theta": theta})

    def step(gradient, move, gate):
        theta.grad = torch.full((3,), gradient)
        with walk.around_step(torch.tensor(gate, dtype=torch.int32)), torch.no_grad():
            theta.add_(move)

    step(float("nan"), 0.0, gate=1)
    assert not walk._omega["theta"].any() and not walk._squares["theta"].any()
    for _ in range(2 * INTERVAL):  # An interval's end, and a whole interval, in which nothing moves.
        step(float("nan"), 0.0, gate=1)
    assert not walk.score["theta"].any() and not walk.fisher["theta"].any()
    with pytest.raises(InvalidInputError, match="expected parameters that moved"):
        walk.finish(1.0, True)


@pytest.mark.parametrize("finite", [0, 3, INTERVAL, INTERVAL + 3])
def test_a_phase_that_diverges_says_so_wherever_its_intervals_end(finite):
    model = tiny_model()
    phase = train(TrainingPhase(model, settings(importance=RIEMANNIAN_WALK)), batch(seed=2), steps=finite)
    for _ in range(2 * INTERVAL):
        phase.backward(mean_loss(model, batch(seed=2)) * float("nan"))
        phase.step()
    assert phase.progress()["nonFiniteStep"] == finite + 1
    phase.end()
    with pytest.raises(DivergedError, match=f"found one that is not at step {finite + 1}, micro-batch 1"):
        phase.finish_importance(*FINISH)
