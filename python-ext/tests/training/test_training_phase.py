import dataclasses
import math

import pytest
import torch
from phases import (
    batch,
    lora_model,
    mean_loss,
    measured_anchor,
    same_bits,
    settings,
    tiny_model,
    train,
    values,
)

from ballast import DivergedError, InvalidInputError, TrainingPhase, covered_parameters
from ballast.importance.storage import BFloat16, Int8
from ballast.kernels import RowCodes
from ballast.training.optim import BETAS, EPSILON, FusedAdamW, PathIntegralAdamW, PenaltyAdamW

ARCHITECTURES = ["llama-tied", "llama-untied", "gpt2", "gptj", "qwen2"]


@pytest.fixture(scope="module")
def anchor():
    """Of the tied Llama after a short general phase on other data."""
    return measured_anchor(tiny_model())


def omega_of(phase: TrainingPhase) -> dict[str, torch.Tensor]:
    return {name: omega.clone() for name, omega in phase._meter.omega.items()}


def total(omega: dict[str, torch.Tensor]) -> float:
    return sum(tensor.sum(dtype=torch.float64).item() for tensor in omega.values())


# --- the path integral ---------------------------------------------------------------------------------------------


def test_sum_of_omega_nears_the_loss_gained_as_the_step_shrinks():
    errors = []
    for steps in (10, 20, 40):
        model = tiny_model()
        first_loss = mean_loss(model, batch()).item()
        phase = TrainingPhase(model, settings(importance="path_integral", learningRate=0.02 / steps, clipNorm=1.0))
        train(phase, batch(), steps)
        gained = first_loss - mean_loss(model, batch()).item()
        errors.append(abs(total(omega_of(phase)) / gained - 1))
    assert errors[2] < 0.05
    assert errors[1] < 0.7 * errors[0] and errors[2] < 0.7 * errors[1]


def written_omega(model, steps: int, adamw: torch.optim.Optimizer, clip_norm: float) -> dict[str, torch.Tensor]:
    """−Σ g ⊙ d in fp64, from autograd and the parameters before and after torch's own clipping and optimizer."""
    omega = {name: torch.zeros(parameter.shape, dtype=torch.float64) for name, parameter in model.named_parameters()}
    for _ in range(steps):
        adamw.zero_grad()
        mean_loss(model, batch()).backward()
        gradients = {name: parameter.grad.double() for name, parameter in model.named_parameters()}
        before = values(model)
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        adamw.step()
        for name, parameter in model.named_parameters():
            omega[name] -= gradients[name] * (parameter.detach() - before[name]).double()
    return omega


@pytest.mark.parametrize("clip_norm", [0.05, 1e6])
def test_omega_takes_the_unclipped_gradient_and_the_clipped_move(clip_norm):
    phase = TrainingPhase(tiny_model(), settings(importance="path_integral", clipNorm=clip_norm, weightDecay=0.1))
    train(phase, batch(), 5)
    model = tiny_model()
    adamw = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=BETAS, eps=EPSILON, weight_decay=0.1)
    expected = written_omega(model, 5, adamw, clip_norm)
    for name, omega in omega_of(phase).items():
        torch.testing.assert_close(omega.double(), expected[name], rtol=1e-3, atol=1e-9)


def test_clipping_changes_the_move_but_not_the_gradient_in_omega():
    moves, omegas = [], []
    for clip_norm in (0, 1e-6):  # Near Adam's ε, so that a smaller gradient makes a smaller first step.
        phase = TrainingPhase(tiny_model(), settings(importance="path_integral", clipNorm=clip_norm))
        train(phase, batch(), 1)
        name = "model.layers.0.mlp.up_proj.weight"
        moves.append(phase.parameters[name].detach() - tiny_model().get_parameter(name))
        omegas.append(omega_of(phase)[name])
    moved = (moves[0].abs() > 1e-5) & (moves[1].abs() > 1e-5)
    gradients = [-(omega / move)[moved] for omega, move in zip(omegas, moves, strict=True)]
    assert moved.any() and not torch.allclose(moves[0], moves[1], rtol=0.02)
    torch.testing.assert_close(*gradients, rtol=1e-2, atol=1e-7)


@pytest.mark.parametrize("importance", ["path_integral", None])
def test_accumulated_micro_batches_are_one_large_batch(importance):
    whole, split = (TrainingPhase(tiny_model(), settings(importance=importance)) for _ in range(2))
    for seed in range(3):
        ids = batch(seed, rows=6)
        whole.backward(mean_loss(whole.model, ids))
        for micro_batch in ids.split(2):
            split.backward(mean_loss(split.model, micro_batch) / 3)
        whole.step()
        split.step()
    torch.testing.assert_close(values(whole.model), values(split.model), rtol=1e-4, atol=2e-5)
    assert whole.progress()["loss"] == pytest.approx(split.progress()["loss"], rel=1e-5)
    if importance:
        assert total(omega_of(split)) == pytest.approx(total(omega_of(whole)), rel=1e-3)


@pytest.mark.parametrize("form", ["proximal", "gradient"])
def test_omega_under_a_penalty_is_of_the_task_alone(anchor, form):
    model = tiny_model()
    phase = TrainingPhase(model, settings(importance="path_integral", method="hierarchical", form=form, strength=1.0), anchor)
    before = values(model)
    gradients = torch.autograd.grad(mean_loss(model, batch()), list(model.parameters()))
    train(phase, batch(), 1)
    for (name, parameter), gradient in zip(model.named_parameters(), gradients, strict=True):
        torch.testing.assert_close(
            omega_of(phase)[name], -gradient * (parameter.detach() - before[name]), rtol=1e-3, atol=1e-9
        )


# --- the penalty ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clip_norm", [0.5, 1e6])
def test_gradient_form_trains_as_autograd_on_the_written_loss(anchor, clip_norm):
    phase = TrainingPhase(
        tiny_model(), settings(method="hierarchical", form="gradient", strength=5.0, clipNorm=clip_norm), anchor
    )
    train(phase, batch())
    model = tiny_model()
    coefficients = anchor.layer_weights.coefficients()
    adamw = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=BETAS, eps=EPSILON, weight_decay=0.0)
    for _ in range(6):
        adamw.zero_grad()
        penalty = sum(
            coefficients[name] * (anchor.importance[name] * (parameter - anchor.reference[name]) ** 2).sum()
            for name, parameter in model.named_parameters()
        )
        (mean_loss(model, batch()) + 5.0 * penalty).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        adamw.step()
    torch.testing.assert_close(values(phase.model), values(model), rtol=1e-4, atol=2e-5)
    assert not torch.allclose(
        model.model.norm.weight, train(TrainingPhase(tiny_model(), settings()), batch()).model.model.norm.weight
    )


def test_proximal_form_follows_the_optimizers_step(anchor):
    plain = train(TrainingPhase(tiny_model(), settings(schedule="linear")), batch(), 1)
    held = train(TrainingPhase(tiny_model(), settings(schedule="linear", method="hierarchical"), anchor), batch(), 1)
    coefficients = anchor.layer_weights.coefficients()
    for name, theta in values(plain.model).items():
        stiffness = 2 * 1e-3 * 30 * coefficients[name] * anchor.importance[name].double()
        reference = anchor.reference[name].double()
        expected = reference + (theta.double() - reference) / (1 + stiffness)
        torch.testing.assert_close(held.parameters[name].detach().double(), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("form", ["proximal", "gradient"])
@pytest.mark.parametrize("method", ["hierarchical", "l2"])
def test_a_strength_of_zero_is_no_method_bit_for_bit(anchor, method, form):
    plain = train(TrainingPhase(tiny_model(), settings(clipNorm=1.0)), batch())
    held_settings = settings(clipNorm=1.0, method=method, form=form, strength=0.0)
    held = train(TrainingPhase(tiny_model(), held_settings, anchor), batch())
    assert same_bits(values(plain.model), values(held.model))


@pytest.mark.parametrize("form", ["proximal", "gradient"])
def test_a_stronger_penalty_stays_nearer_to_the_reference(anchor, form):
    penalties = []
    for strength in (0.0, 1.0, 100.0):
        phase = TrainingPhase(tiny_model(), settings(method="hierarchical", form=form, strength=strength), anchor)
        train(phase, batch(), 10)
        penalties.append(
            sum(
                (anchor.importance[name] * (parameter - anchor.reference[name]) ** 2).sum().item()
                for name, parameter in phase.model.named_parameters()
            )
        )
    assert penalties == sorted(penalties, reverse=True) and penalties[2] < 0.5 * penalties[0]


@pytest.mark.parametrize("storage", [BFloat16(), Int8()])
@pytest.mark.parametrize("form", ["proximal", "gradient"])
def test_an_anchor_that_is_stored_narrow_holds_as_its_values_do(anchor, storage, form):
    narrow = anchor.stored_as(storage)
    ends = [
        train(TrainingPhase(tiny_model(), settings(method="hierarchical", form=form), each), batch())
        for each in (narrow, dataclasses.replace(narrow, stored=None))
    ]
    torch.testing.assert_close(*(values(phase.model) for phase in ends), rtol=1e-6, atol=1e-7)
    _, held = ends[0].retention._anchor
    assert all(isinstance(each, RowCodes) or each.dtype is torch.bfloat16 for each in held)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, FusedAdamW),
        ({"importance": "path_integral"}, PathIntegralAdamW),
        ({"importance": "path_integral", "method": "hierarchical"}, PenaltyAdamW),
        ({"importance": "path_integral", "method": "l2", "form": "gradient", "clipNorm": 1.0}, FusedAdamW),
        ({"importance": "path_integral", "method": "l2", "strength": 0.0}, PathIntegralAdamW),
        ({"method": "hierarchical", "clipNorm": 1.0}, PenaltyAdamW),
        ({"method": "l2", "clipNorm": 1.0}, PenaltyAdamW),
        ({"method": "l2", "form": "gradient"}, PenaltyAdamW),
        ({"method": "l2", "form": "gradient", "clipNorm": 1.0}, FusedAdamW),
        ({"method": "l2", "strength": 0.0}, FusedAdamW),
    ],
)
def test_a_step_takes_as_few_passes_as_it_can(anchor, changes, expected):
    optimizer = TrainingPhase(tiny_model(), settings(**changes), anchor)._optimizer
    assert type(optimizer) is expected
    assert optimizer.takes_path_integral == ("importance" in changes and expected is not FusedAdamW)


# --- the optimizer and its schedule --------------------------------------------------------------------------------


@pytest.mark.parametrize("importance", ["path_integral", None])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_training_is_torchs_adamw(name, importance):
    changes = {"schedule": "cosine", "warmupSteps": 2, "clipNorm": 1.0, "weightDecay": 0.1}
    phase = train(TrainingPhase(tiny_model(name), settings(importance=importance, **changes)), batch())
    model = tiny_model(name).train()
    adamw = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=BETAS, eps=EPSILON, weight_decay=0.1)
    rates = [0.0, 0.5, 1.0, 0.5 + 0.5 * math.cos(math.pi / 4), 0.5, 0.5 + 0.5 * math.cos(math.pi * 3 / 4)]
    for rate in rates:
        adamw.param_groups[0]["lr"] = 1e-3 * rate
        adamw.zero_grad()
        mean_loss(model, batch()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adamw.step()
    torch.testing.assert_close(values(phase.model), values(model), rtol=1e-4, atol=5e-6)


def test_lora_trains_its_factors_only_and_measures_them():
    model = lora_model()
    before = values(model)
    anchor = measured_anchor(model)
    changed = {name for name, value in values(model).items() if not torch.equal(value, before[name])}
    assert changed == set(covered_parameters(model)) == set(anchor.importance)
    held = TrainingPhase(model, settings(method="hierarchical"), anchor)
    assert train(held, batch()).progress()["penalty"] > 0


def test_a_parameter_that_the_loss_does_not_reach_stays():
    model = tiny_model()
    model.unused = torch.nn.Parameter(torch.ones(3))
    anchor = measured_anchor(model)
    assert model.unused.tolist() == [1.0, 1.0, 1.0] and not anchor.importance["unused"].any()


@pytest.mark.parametrize("importance", ["path_integral", None])
def test_a_run_depends_on_its_seed_alone_to_the_bit(anchor, importance):
    outcomes = []
    for run, seed in enumerate((5, 5, 6)):
        model = tiny_model()
        for block in model.model.layers:
            block.self_attn.attention_dropout = 0.1
        torch.manual_seed(run)
        changes = {"method": "hierarchical", "clipNorm": 1.0, "seed": seed}
        phase = train(TrainingPhase(model, settings(importance=importance, **changes), anchor), batch())
        outcomes.append(omega_of(phase) if importance else values(model))
    assert same_bits(outcomes[0], outcomes[1]) and not same_bits(outcomes[0], outcomes[2])


# --- values that are not finite ------------------------------------------------------------------------------------


def finite_value_with_a_gradient_that_is_not(model) -> torch.Tensor:
    return (model.model.norm.weight.sum() * 0).sqrt()  # √0 is 0; its derivative is ∞, and ∞ · 0 is NaN.


@pytest.mark.parametrize(
    ("bad", "micro_batch"),
    [
        (lambda model: torch.tensor(float("nan")), 2),
        (lambda model: model.model.norm.weight.sum() * float("inf"), 2),
        (finite_value_with_a_gradient_that_is_not, 3),  # Seen once the step's gradient is complete.
    ],
    ids=["loss NaN", "loss infinite", "gradient NaN"],
)
@pytest.mark.parametrize(
    "changes",
    [
        {"importance": "path_integral"},
        {},
        {"method": "l2"},
        {"method": "l2", "form": "gradient"},
        {"method": "l2", "form": "gradient", "clipNorm": 0.0},
    ],
)
def test_a_value_that_is_not_finite_stops_every_change(bad, micro_batch, changes):
    phase = TrainingPhase(tiny_model(), settings(**{"clipNorm": 1.0, "weightDecay": 0.1} | changes))
    train(phase, batch(), 2)
    assert phase.progress()["nonFiniteStep"] == 0
    parameters = values(phase.model)
    omega = omega_of(phase) if "importance" in changes else {}
    moments = moments_of(phase)
    for k in (1, 2, 3):
        phase.backward(mean_loss(phase.model, batch(k)) + (bad(phase.model) if k == 2 else 0))
    phase.step()
    train(phase, batch(), 2)
    progress = phase.progress()
    assert (progress["nonFiniteStep"], progress["nonFiniteMicroBatch"], progress["step"]) == (3, micro_batch, 5)
    assert same_bits(values(phase.model), parameters)
    assert not omega or same_bits(omega_of(phase), omega)
    assert all(torch.equal(one, other) for one, other in zip(moments_of(phase), moments, strict=True))


def moments_of(phase: TrainingPhase) -> list[torch.Tensor]:
    adamw = phase._optimizer._adamw
    if isinstance(adamw, torch.optim.AdamW):
        return [tensor.clone() for state in adamw.state.values() for tensor in state.values()]
    return [tensor.clone() for moments in adamw.moments for tensor in moments]


def test_omega_under_a_penalty_survives_a_gradient_that_is_not_finite(anchor):
    phase = TrainingPhase(tiny_model(), settings(importance="path_integral", method="hierarchical"), anchor)
    train(phase, batch(), 2)
    omega = omega_of(phase)
    phase.backward(mean_loss(phase.model, batch()) * float("nan"))
    phase.step()
    assert same_bits(omega_of(phase), omega)


def test_no_anchor_is_made_of_a_phase_that_diverged():
    phase = TrainingPhase(tiny_model(), settings(importance="path_integral"))
    phase.backward(mean_loss(phase.model, batch()) * float("nan"))
    phase.step()
    phase.end()
    with pytest.raises(DivergedError, match="at step 1, micro-batch 1"):
        phase.finish_importance(1.0, True, "end", "scaled", "block", "mean")


# --- progress and lifecycle ----------------------------------------------------------------------------------------


def test_progress_reports_the_mean_loss_since_the_last_look():
    phase = TrainingPhase(tiny_model(), settings(schedule="linear", steps=4))
    losses = []
    for seed in range(3):
        loss = mean_loss(phase.model, batch(seed))
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, list(phase.model.parameters()), retain_graph=True)
        phase.backward(loss)
        phase.step()
        if seed == 0:
            assert phase.progress()["loss"] == pytest.approx(losses[0])
    progress = phase.progress()
    assert progress["step"] == 3
    assert progress["loss"] == pytest.approx(sum(losses[1:]) / 2, rel=1e-6)
    assert progress["learningRate"] == pytest.approx(1e-3 * 0.5)
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm().item()
    assert progress["gradientNorm"] == pytest.approx(norm, rel=1e-5)
    assert progress["penalty"] == 0.0
    assert math.isnan(phase.progress()["loss"])


def test_progress_reports_the_penalty(anchor):
    phase = TrainingPhase(tiny_model(), settings(method="hierarchical", strength=2.0), anchor)
    train(phase, batch())
    coefficients = anchor.layer_weights.coefficients()
    expected = 2.0 * sum(
        coefficients[name] * (anchor.importance[name] * (parameter - anchor.reference[name]) ** 2).sum().item()
        for name, parameter in phase.model.named_parameters()
    )
    assert phase.progress()["penalty"] == pytest.approx(expected, rel=1e-5)


def test_the_end_says_what_was_used_and_frees_the_gradients(anchor):
    phase = TrainingPhase(tiny_model(), settings(method="hierarchical", form="gradient"), anchor)
    assert phase.model.training
    train(phase, batch(), 2)
    assert phase.end() == phase.end() == {"steps": 2, "method": "hierarchical", "lambda": 0.01}
    assert all(parameter.grad is None for parameter in phase.model.parameters()) and not phase.model.training
    assert TrainingPhase(tiny_model(), settings()).end()["lambda"] is None


def test_reference_start_puts_the_parameters_back():
    model = tiny_model()
    anchor = measured_anchor(model, reference="start")
    assert same_bits(values(model), values(tiny_model()))
    assert same_bits(anchor.reference, values(tiny_model())) and anchor.reference_is_base
    assert anchor.measured.sum_omega > 0


def test_reference_end_is_a_copy_of_where_the_phase_ended():
    model = tiny_model()
    anchor = measured_anchor(model)
    assert same_bits(anchor.reference, values(model)) and not anchor.reference_is_base
    train(TrainingPhase(model, settings()), batch(), 1)
    assert not same_bits(anchor.reference, values(model))


def test_a_phase_begins_without_the_gradient_of_one_that_was_broken_off():
    model = tiny_model()
    TrainingPhase(model, settings()).backward(mean_loss(model, batch(9)))
    after_another = train(TrainingPhase(model, settings()), batch())
    alone = train(TrainingPhase(tiny_model(), settings()), batch())
    assert same_bits(values(after_another.model), values(alone.model))


def ended(**changes) -> TrainingPhase:
    phase = train(TrainingPhase(tiny_model(), settings(**changes)), batch(), 1)
    phase.end()
    return phase


FINISH = (1.0, True, "end", "scaled", "block", "mean")


def finish_twice():
    phase = ended(importance="path_integral")
    phase.finish_importance(*FINISH)
    phase.finish_importance(*FINISH)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TrainingPhase(tiny_model(), settings()).step(), "expected backward"),
        (lambda: ended().backward(torch.zeros(())), "has ended"),
        (lambda: ended().step(), "has ended"),
        (lambda: ended().finish_importance(*FINISH), "expected a phase that measured importance"),
        (lambda: TrainingPhase(tiny_model(), settings(importance="path_integral")).finish_importance(*FINISH), "still runs"),
        (finish_twice, "has not been finished"),
    ],
)
def test_a_call_out_of_order_is_refused(call, message):
    with pytest.raises(RuntimeError, match=message):
        call()


def test_an_unknown_reference_is_refused():
    with pytest.raises(InvalidInputError, match='"end" or "start", found "middle"'):
        ended(importance="path_integral").finish_importance(1.0, True, "middle", "scaled", "block", "mean")


def test_parameters_in_fewer_bits_are_refused():
    with pytest.raises(InvalidInputError, match="found torch.bfloat16 in model.embed_tokens.weight"):
        TrainingPhase(tiny_model().bfloat16(), settings())


def loss_of(model, ids):
    return model(input_ids=ids, labels=ids).loss


def test_an_independent_gradient_is_of_another_batch_and_the_move_of_the_step():
    """ω of one step by hand: the second batch's gradient times the move that the first one's step made."""
    model, twin = tiny_model(), tiny_model()
    phase = TrainingPhase(model, settings(importance="path_integral", independentGradient=True))
    plain = TrainingPhase(twin, settings())
    own, other = batch(seed=2), batch(seed=3)
    gradients = torch.autograd.grad(loss_of(model, other), list(phase.parameters.values()))
    before = values(model)
    phase.backward(loss_of(model, own))
    phase.measure(loss_of(model, other) / 2)
    phase.measure(loss_of(model, other) / 2)  # Micro-batches add up.
    phase.step()
    plain.backward(loss_of(twin, own))
    plain.step()
    assert same_bits(values(model), values(twin)), "measuring moves nothing"
    omega = omega_of(phase)
    for (name, parameter), gradient in zip(phase.parameters.items(), gradients, strict=True):
        expected = -gradient * (parameter.detach() - before[name])
        assert torch.allclose(omega[name], expected, rtol=1e-3, atol=1e-9), name


def test_an_independent_gradient_takes_the_bias_out_of_omega():
    """Rows without any pattern: what a step gains on its own batch is noise, and another batch shows none of it."""
    sums = {}
    for independent in (False, True):
        phase = TrainingPhase(
            tiny_model(), settings(importance="path_integral", independentGradient=independent, steps=8)
        )
        for step in range(8):
            phase.backward(loss_of(phase.model, batch(seed=100 + step)))
            if independent:
                phase.measure(loss_of(phase.model, batch(seed=200 + step)))
            phase.step()
        sums[independent] = sum(float(omega.sum()) for omega in omega_of(phase).values())
    held_out = [batch(seed=300 + i) for i in range(40)]
    with torch.no_grad():
        phase.model.eval()
        base = tiny_model().eval()
        gained = sum(float(loss_of(base, ids) - loss_of(phase.model, ids)) for ids in held_out) / len(held_out)
    print(f"gained {gained:.4f}, Σω same batch {sums[False]:.4f}, independent {sums[True]:.4f}")
    assert abs(sums[True] - gained) < abs(sums[False] - gained) / 2


@pytest.mark.parametrize("changes", [{"importance": "riemannian_walk"}, {}])
def test_an_independent_gradient_is_of_the_path_integral_alone(changes):
    with pytest.raises(InvalidInputError, match='importance.gradient: expected "same"'):
        TrainingPhase(tiny_model(), settings(independentGradient=True, **changes))


# --- a pass that ran out of memory -----------------------------------------------------------------------------------


def run_out_of_memory(_):
    torch.empty(1 << 55)  # Asked for in earnest.


def test_a_pass_that_ran_out_of_memory_leaves_no_trace():
    model, twin = tiny_model("gpt2"), tiny_model("gpt2")
    model.config.attn_pdrop = twin.config.attn_pdrop = 0.5
    for dropout in (each for of in (model, twin) for each in of.modules() if isinstance(each, torch.nn.Dropout)):
        dropout.p = 0.5
    undisturbed = TrainingPhase(twin, settings())
    undisturbed.backward(mean_loss(twin, batch(seed=6)))
    undisturbed.step()
    phase = TrainingPhase(model, settings())
    drawn = torch.get_rng_state()
    phase.begin_pass()
    phase.backward(mean_loss(model, batch(seed=4)) * math.nan)
    assert not torch.equal(drawn, torch.get_rng_state())
    hook = next(iter(phase.parameters.values())).register_hook(run_out_of_memory)
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        phase.backward(mean_loss(model, batch(seed=5)))
    hook.remove()
    phase.undo_pass()
    phase.backward(mean_loss(model, batch(seed=6)))
    phase.step()
    assert same_bits(values(model), values(twin))
    assert phase.progress() == undisturbed.progress()


def test_a_measurement_that_ran_out_of_memory_keeps_the_gradient_of_the_step():
    model, twin = tiny_model(), tiny_model()
    changes = {"importance": "path_integral", "independentGradient": True}
    phase, undisturbed = TrainingPhase(model, settings(**changes)), TrainingPhase(twin, settings(**changes))
    for each in (phase, undisturbed):
        each.backward(mean_loss(each.model, batch(seed=2)))
    phase.begin_pass()
    phase.measure(mean_loss(model, batch(seed=3)) / 2)
    parameter = next(iter(phase.parameters.values()))
    hook = parameter.register_hook(run_out_of_memory)
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        phase.measure(mean_loss(model, batch(seed=3)) / 2)
    hook.remove()
    phase.undo_pass()
    for each in (phase, undisturbed):
        each.measure(mean_loss(each.model, batch(seed=3)))
        each.step()
    assert same_bits(values(model), values(twin)) and same_bits(omega_of(phase), omega_of(undisturbed))
