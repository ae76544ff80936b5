"""The effective path integral against autograd with the base weights made trainable."""

import pytest
import torch
from phases import LargestMade, batch, lora_model, mean_loss, settings, train

from ballast import DivergedError, TrainingPhase
from ballast.adapters.adapted import adapted_matrices
from ballast.importance import median_squared_move
from ballast.measurement.effective_path_integral import EffectiveGradients, EffectivePathIntegral, OuterProducts

ARCHITECTURES = ["llama-tied", "gpt2", "gptj", "qwen2"]


def effective(matrix):
    """W + sBA with what PEFT has to say of it."""
    return matrix.weight.detach() + matrix.module.get_delta_weight("default").detach()


def autograd(model, ids):
    """∂L/∂W by autograd."""
    matrices = adapted_matrices(model)
    for matrix in matrices:
        matrix.weight.requires_grad_(True)
    gradients = torch.autograd.grad(mean_loss(model, ids), [matrix.weight for matrix in matrices])
    for matrix in matrices:
        matrix.weight.requires_grad_(False)
    return {matrix.name: gradient for matrix, gradient in zip(matrices, gradients, strict=True)}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_gradients_of_frozen_weights_are_autograds(name):
    model, ids = lora_model(name), batch()
    gradients = EffectiveGradients(adapted_matrices(model))
    mean_loss(model, ids).backward()
    found = {matrix.name: gradients.of(matrix).tile(slice(None)) for matrix in adapted_matrices(model)}
    assert all(matrix.weight.grad is None for matrix in adapted_matrices(model))
    gradients.remove()
    for weight, expected in autograd(model, ids).items():
        assert expected.abs().max() > 0
        assert torch.allclose(found[weight], expected, rtol=1e-4, atol=1e-6 * float(expected.abs().max())), weight


def test_checkpointed_blocks_are_counted_once():
    model, ids = lora_model("llama-untied").train(), batch()
    expected = autograd(model, ids)
    model.get_base_model().activation_checkpointing_enable({"use_reentrant": False})
    gradients = EffectiveGradients(adapted_matrices(model))
    mean_loss(model, ids).backward()
    for matrix in adapted_matrices(model):
        assert torch.allclose(gradients.of(matrix).tile(slice(None)), expected[matrix.name], rtol=1e-4, atol=1e-6)


def test_micro_batches_add_up_and_what_is_kept_is_never_more_than_the_matrix():
    torch.manual_seed(0)
    product, expected, kept = OuterProducts(transposed=False), torch.zeros(7, 5), []
    for tokens in (1, 1, 3, 2):
        outputs, inputs = torch.randn(tokens, 7), torch.randn(tokens, 5)
        product.add(outputs, inputs)
        expected += outputs.T @ inputs
        pairs = sum(one.numel() + other.numel() for one, other in product._pairs)
        kept.append(pairs + (0 if product._folded is None else product._folded.numel()))
        assert torch.allclose(product.tile(slice(None)), expected, atol=1e-5)
        assert torch.allclose(product.tile(slice(2, 4)), expected[2:4], atol=1e-5)
    assert kept == [12, 24, 35, 35]


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("micro_batches", [1, 3])
def test_path_integral_is_gradient_times_the_move_that_was_made(name, micro_batches):
    """Ten steps of AdamW with clipping and weight decay, ω by the written formula on autograd's ∂L/∂W."""
    model, ids = lora_model(name), batch(rows=6)
    path_integral = EffectivePathIntegral(model, tile=100)
    matrices = adapted_matrices(model)
    start = {matrix.name: effective(matrix) for matrix in matrices}
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2, weight_decay=0.1)
    omega = {matrix.name: torch.zeros_like(matrix.weight) for matrix in matrices}
    for _ in range(10):
        path_integral._gradients.clear()
        expected = autograd(model, ids)
        path_integral._gradients.clear()  # Autograd's own backward pass was heard too.
        for part in ids.chunk(micro_batches):
            (mean_loss(model, part) / micro_batches).backward()
        before = {matrix.name: effective(matrix) for matrix in matrices}
        with path_integral.around_step():
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.05)
            optimizer.step()
        optimizer.zero_grad()
        for matrix in matrices:
            omega[matrix.name] -= expected[matrix.name] * (effective(matrix) - before[matrix.name])
    end = {matrix.name: effective(matrix) for matrix in matrices}
    for weight, expected in omega.items():
        largest = float(expected.abs().max())
        assert torch.allclose(path_integral.omega[weight], expected, rtol=1e-2, atol=1e-3 * largest), weight
    measured = path_integral.finish(1.0, True)
    assert measured.xi == pytest.approx(median_squared_move(start, end), rel=1e-3)
    assert measured.sum_omega == pytest.approx(sum(float(each.sum()) for each in omega.values()), rel=1e-3)
    for weight, expected in omega.items():
        value = expected.clamp(min=0) / ((end[weight] - start[weight]) ** 2 + measured.xi)
        assert torch.allclose(measured.values[weight], value, rtol=2e-2, atol=1e-3 * float(value.max())), weight


def test_a_step_makes_nothing_larger_than_a_tile_while_its_tokens_are_few():
    model, ids = lora_model("llama-untied"), batch(rows=1)
    path_integral = EffectivePathIntegral(model, tile=300)
    mean_loss(model, ids).backward()  # 12 tokens: kept as they are but for the smallest matrices.
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    factors = max(matrix.a.numel() + matrix.b.numel() for matrix in adapted_matrices(model))
    with LargestMade() as largest, path_integral.around_step():
        optimizer.step()
    assert any(omega.any() for omega in path_integral.omega.values())
    assert largest.numbers <= max(300, 12 * 64, 2 * factors) < 2048


def test_with_the_full_batch_and_small_steps_the_sum_is_the_loss_gained():
    model, ids = lora_model("llama-untied"), batch()
    before = mean_loss(model, ids).item()
    phase = TrainingPhase(model, settings(importance="path_integral", space="effective", learningRate=1e-5, steps=100))
    train(phase, ids, steps=100)
    phase.end()
    gained = before - mean_loss(model, ids).item()
    anchor = phase.finish_importance(1.0, True, "end", "scaled", "block", "mean")
    assert gained > 0.01
    assert anchor.measured.sum_omega == pytest.approx(gained, rel=0.01)
    assert [layer.name for layer in anchor.layer_weights.layers] == ["block.0", "block.1"]
    assert not any(matrix.module._forward_hooks for matrix in adapted_matrices(model))


@pytest.mark.parametrize("name", ["llama-tied", "gpt2"])
def test_an_independent_gradient_is_of_another_batch_and_the_move_of_the_step(name):
    """ω of two steps by hand: autograd's ∂L/∂W of the second batch times the move that the first one's step made."""
    model, twin = lora_model(name), lora_model(name)
    changes = {"importance": "path_integral", "space": "effective", "learningRate": 1e-2}
    phase = TrainingPhase(model, settings(independentGradient=True, **changes))
    plain = TrainingPhase(twin, settings(space="effective", learningRate=1e-2))
    matrices = adapted_matrices(twin)
    omega = {matrix.name: torch.zeros_like(matrix.weight) for matrix in matrices}
    for step in range(2):
        own, other = batch(seed=2 + step), batch(seed=20 + step)
        gradients = autograd(twin, other)
        before = {matrix.name: effective(matrix) for matrix in matrices}
        plain.backward(mean_loss(twin, own))
        plain.step()
        phase.backward(mean_loss(model, own))
        phase.begin_pass()
        phase.measure(mean_loss(model, own))
        phase.undo_pass()  # As where memory ran out: only what comes after it counts.
        for _ in range(2):  # Micro-batches add up.
            phase.measure(mean_loss(model, other) / 2)
        phase.step()
        for matrix in matrices:
            omega[matrix.name] -= gradients[matrix.name] * (effective(matrix) - before[matrix.name])
    for one, other in zip(adapted_matrices(model), matrices, strict=True):
        assert torch.equal(one.b, other.b) and torch.equal(one.a, other.a), "measuring moves nothing"
        expected, largest = omega[one.name], float(omega[one.name].abs().max())
        assert torch.allclose(phase._meter.omega[one.name], expected, rtol=1e-2, atol=1e-3 * largest), one.name


def test_a_pass_that_is_made_again_is_measured_once():
    model, twin = lora_model(), lora_model()
    changes = {"importance": "path_integral", "space": "effective"}
    phase, undisturbed = TrainingPhase(model, settings(**changes)), TrainingPhase(twin, settings(**changes))
    phase.begin_pass()
    phase.backward(mean_loss(model, batch(seed=4)))
    phase.undo_pass()
    for each in (phase, undisturbed):
        each.backward(mean_loss(each.model, batch(seed=6)))
        each.step()
    for name, omega in undisturbed._meter.omega.items():
        assert omega.any() and torch.equal(phase._meter.omega[name], omega), name


@pytest.mark.parametrize("reference", ["start", "end"])
def test_the_model_ends_where_the_reference_says(reference):
    model = lora_model()
    start = {matrix.b_name: matrix.b.detach().clone() for matrix in adapted_matrices(model)}
    phase = train(TrainingPhase(model, settings(importance="path_integral", space="effective")), batch())
    phase.end()
    anchor = phase.finish_importance(1e-7, False, reference, "uniform", "parameter", "none")
    assert anchor.space == "effective" and anchor.reference_is_base == (reference == "start")
    for matrix in adapted_matrices(model):
        assert torch.equal(matrix.b, start[matrix.b_name]) == (reference == "start")
        assert torch.equal(anchor.reference[matrix.b_name], matrix.b)


def test_a_step_behind_a_shut_gate_leaves_no_trace():
    model = lora_model()
    phase = TrainingPhase(model, settings(importance="path_integral", space="effective"))
    train(phase, batch(), steps=2)
    before = {name: omega.clone() for name, omega in phase._meter.omega.items()}
    phase.backward(mean_loss(model, batch()) * float("nan"))
    phase.step()
    assert all(torch.equal(phase._meter.omega[name], omega) for name, omega in before.items())
    phase.end()
    with pytest.raises(DivergedError, match="step 3"):
        phase.finish_importance(1.0, True, "end", "scaled", "block", "mean")


def test_importance_does_not_change_what_is_trained():
    trained = []
    for importance in (None, "path_integral"):
        model = lora_model()
        train(TrainingPhase(model, settings(importance=importance, space="effective")), batch())
        trained.append([matrix.b.detach() for matrix in adapted_matrices(model)])
    assert all(torch.equal(one, other) for one, other in zip(*trained, strict=True))


def test_under_bfloat16_autocast_it_is_fp32_and_close():
    found = []
    for enabled in (False, True):
        model, ids = lora_model("llama-untied"), batch()
        path_integral = EffectivePathIntegral(model)
        optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-3)
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            mean_loss(model, ids).backward()
        with path_integral.around_step():
            optimizer.step()
        assert all(omega.dtype == torch.float32 for omega in path_integral.omega.values())
        found.append(torch.cat([omega.flatten() for omega in path_integral.omega.values()]))
    assert torch.cosine_similarity(*found, dim=0) > 0.98
