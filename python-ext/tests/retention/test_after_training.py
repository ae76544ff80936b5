from dataclasses import replace

import pytest
import torch
from adapter_cases import KINDS, LORA, OSF, logits, open_with, train_on
from phases import batch, mean_loss, measured_anchor, same_bits, settings, values

from ballast import TrainingPhase, adapters, covered_parameters, models
from ballast.errors import InvalidInputError
from ballast.retention.after_training import lines_scales, soften

# PEFT 0.21 reads a property that transformers 5.23 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
UNIFORM = {"layer_coefficients": "uniform", "layers": "block", "normalize": "mean"}


def open_whole(folder):
    return models.open_model(str(folder), "float32", "cpu", False, 0)


def trained_whole(folder):
    opened = open_whole(folder)
    train_on(TrainingPhase(opened.model, settings(learningRate=1e-2)), seed=3)
    return opened


def without_anchor(opened, method, strength, base=None):
    soften(opened, method, strength, base, None, **UNIFORM)


def effective_weights(model):
    """By module: W as it computes, from PEFT's own merge."""
    merged = model.merge_and_unload().state_dict()
    return {name: tensor.clone() for name, tensor in merged.items()}


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_wise_ft_is_the_straight_line_between_base_and_trained_model(strength, any_model):
    base, opened = open_whole(any_model), trained_whole(any_model)
    trained = values(opened.model)
    without_anchor(opened, "wise-ft", strength, base)
    start = values(base.model)
    for name, value in values(opened.model).items():
        expected = (1 - strength) * start[name] + strength * trained[name]
        if strength in (0.0, 1.0):
            assert torch.equal(value, start[name] if strength == 0 else trained[name]), name
        torch.testing.assert_close(value, expected, atol=1e-6, rtol=1e-5, msg=name)


@pytest.mark.parametrize("name", ["llama-tied", "llama-untied", "gpt2", "gptj"])
def test_lines_keeps_more_of_the_update_the_deeper_the_block(name, model_folder):
    base, opened = open_whole(model_folder(name)), trained_whole(model_folder(name))
    trained, start = values(opened.model), values(base.model)
    without_anchor(opened, "lines", 0.2, base)
    for parameter, value in values(opened.model).items():
        inside = next((block for block in (0, 1) if f".{block}." in parameter), None)
        kept = 1.0 if inside == 1 else 0.2
        expected = start[parameter] + kept * (trained[parameter] - start[parameter])
        torch.testing.assert_close(value, expected, atol=1e-6, rtol=1e-5, msg=parameter)


def test_lines_goes_up_evenly():
    from transformers import LlamaConfig, LlamaForCausalLM

    for blocks, expected in ((5, [0.4, 0.55, 0.7, 0.85, 1.0]), (1, [1.0])):
        model = LlamaForCausalLM(
            LlamaConfig(vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=blocks, num_attention_heads=1)
        )
        scales = lines_scales(model, 0.4)
        found = [scales[f"model.layers.{block}.mlp.up_proj.weight"] for block in range(blocks)]
        assert found == pytest.approx(expected)
        outside = ("model.embed_tokens.weight", "model.norm.weight", "lm_head.weight")
        assert [scales[name] for name in outside] == [0.4] * 3


@pytest.mark.parametrize("kind", ["lora", "rslora", "corda"])
@pytest.mark.parametrize(("method", "kept"), [("wise-ft", (0.3, 0.3)), ("lines", (0.3, 1.0))])
def test_with_an_adapter_each_weights_update_is_scaled_exactly(kind, method, kept, model_folder, tmp_path, slot_of, documents):
    """Both sides as PEFT merges them into the base, by the file that was saved."""
    folder = model_folder("gpt2")
    opened = open_with(folder, KINDS[kind], slot_of, documents)
    train_on(TrainingPhase(opened.model, settings(learningRate=1e-2)), seed=3)
    opened.save(tmp_path / "trained")
    without_anchor(opened, method, 0.3)
    opened.save(tmp_path / "softened")
    start = open_whole(folder).model.state_dict()
    trained, softened = (
        effective_weights(adapters.open_model(str(tmp_path / which), "float32", "cpu", False, 0).model)
        for which in ("trained", "softened")
    )
    moved = 0
    for name, weight in softened.items():
        scale = kept[int(name.split(".")[2])] if ".h." in name else 1.0
        torch.testing.assert_close(
            weight, start[name] + scale * (trained[name] - start[name]), atol=1e-5, rtol=1e-4, msg=name
        )
        moved += not torch.equal(trained[name], start[name])
    assert moved == 2 * 4, "every linear layer of both blocks was trained"
    torch.testing.assert_close(
        logits(opened.model),
        logits(adapters.open_model(str(tmp_path / "softened"), "float32", "cpu", False, 0).model),
        atol=1e-4,
        rtol=1e-4,
    )


@pytest.mark.parametrize("name", ["llama-untied", "gpt2"])
def test_dora_goes_from_the_trained_model_to_the_base(name, model_folder, slot_of, documents):
    opened = open_with(model_folder(name), KINDS["dora"], slot_of, documents)
    train_on(TrainingPhase(opened.model, settings(learningRate=1e-2)), seed=3)
    trained = logits(opened.model)
    without_anchor(opened, "wise-ft", 1.0)
    assert torch.equal(logits(opened.model), trained)
    without_anchor(opened, "wise-ft", 0.0)
    base = logits(open_whole(model_folder(name)).model)
    torch.testing.assert_close(logits(opened.model), base, atol=1e-4, rtol=1e-4)


def test_shrink_is_the_closed_form_on_a_whole_model(any_model):
    opened = open_whole(any_model)
    anchor = measured_anchor(opened.model)
    train_on(TrainingPhase(opened.model, settings(learningRate=1e-2)), seed=3)
    trained = values(opened.model)
    soften(opened, "shrink", 2.0, None, anchor, **UNIFORM)
    everything = torch.cat([omega.flatten() for omega in anchor.importance.values()])
    for name, value in values(opened.model).items():
        weight = anchor.importance[name] / everything.mean()
        star = anchor.reference[name]
        torch.testing.assert_close(value, star + (trained[name] - star) / (1 + 2.0 * weight), atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("kind", list(KINDS))
def test_shrink_of_an_adapter_works_on_its_factors(kind, model_folder, tmp_path, slot_of, documents):
    opened = open_with(model_folder("llama-untied"), KINDS[kind], slot_of, documents)
    anchor = measured_anchor(opened.model)
    train_on(TrainingPhase(opened.model, settings(learningRate=1e-2)), seed=3)
    trained = {name: value.detach().clone() for name, value in covered_parameters(opened.model).items()}
    soften(opened, "shrink", 2.0, None, anchor, **(UNIFORM | {"normalize": "none"}))
    for name, value in covered_parameters(opened.model).items():
        star, weight = anchor.reference[name], anchor.importance[name]
        torch.testing.assert_close(value, star + (trained[name] - star) / (1 + 2.0 * weight), atol=1e-6, rtol=1e-4)
    opened.save(tmp_path / "softened")
    again = adapters.open_model(str(tmp_path / "softened"), "float32", "cpu", False, 0)
    torch.testing.assert_close(logits(again.model), logits(opened.model), atol=1e-4, rtol=1e-4)


def test_shrink_of_strength_0_leaves_all_and_a_huge_one_puts_what_matters_back(model_folder):
    opened = open_whole(model_folder("llama-tied"))
    anchor = measured_anchor(opened.model)
    train_on(TrainingPhase(opened.model, settings(learningRate=1e-2)), seed=3)
    trained = values(opened.model)
    soften(opened, "shrink", 0.0, None, anchor, **UNIFORM)
    for name, value in values(opened.model).items():
        torch.testing.assert_close(value, trained[name])
    soften(opened, "shrink", 1e9, None, anchor, **UNIFORM)
    for name, value in values(opened.model).items():
        free = anchor.importance[name] == 0
        torch.testing.assert_close(value[free], trained[name][free])
        heavy = anchor.importance[name] > anchor.importance[name].mean() * 1e-3
        torch.testing.assert_close(value[heavy], anchor.reference[name][heavy], atol=1e-6, rtol=1e-5)


def test_between_its_ends_a_trained_model_forgets_less(model_folder):
    """On the way back the general loss falls, at a cost of the domain's."""
    folder = model_folder("llama-tied")
    general, domain = batch(seed=2), batch(seed=3)
    opened = open_whole(folder)
    phase = TrainingPhase(opened.model, settings(learningRate=3e-3))
    for _ in range(30):
        phase.backward(mean_loss(phase.model, general))
        phase.step()
    phase.end()
    opened.save(folder.parent / "knowing")
    known = open_whole(folder.parent / "knowing")
    train_on(TrainingPhase(opened.model, settings(learningRate=1e-2)), seed=3)
    curve = []
    for kept in (1.0, 0.6, 0.6 / 3):
        without_anchor(opened, "wise-ft", kept, known)
        with torch.no_grad():
            curve.append((mean_loss(opened.model, general).item(), mean_loss(opened.model, domain).item()))
    assert curve[0][0] > curve[1][0] > curve[2][0] and curve[0][1] < curve[1][1] < curve[2][1], curve


@pytest.mark.parametrize(
    ("method", "strength", "message"),
    [
        ("wise", 0.5, 'expected a method out of wise-ft, lines, shrink, found "wise"'),
        ("wise-ft", 1.5, "from 0 .* to 1 .* for wise-ft, found 1.5"),
        ("lines", float("nan"), "for lines, found nan"),
        ("shrink", -1.0, "at least 0 for shrink, found -1.0"),
        ("shrink", 1.0, "expected an anchor for shrink, found none"),
        ("wise-ft", 0.5, "expected the base model for wise-ft, found none"),
    ],
)
def test_what_cannot_be_done_is_refused(method, strength, message, model_folder):
    with pytest.raises(InvalidInputError, match=message):
        without_anchor(open_whole(model_folder("llama-tied")), method, strength)


def test_another_base_is_refused(model_folder):
    with pytest.raises(InvalidInputError, match="expected the base model that was trained"):
        without_anchor(open_whole(model_folder("llama-tied")), "wise-ft", 0.5, open_whole(model_folder("gptj")))


def test_scales_of_an_osf_adapter_are_refused(model_folder, slot_of, documents):
    opened = open_with(model_folder("qwen2"), OSF, slot_of, documents)
    with pytest.raises(InvalidInputError, match="found osf.*use shrink"):
        without_anchor(opened, "lines", 0.5)


def test_an_anchor_of_another_rank_is_refused(model_folder, slot_of, documents):
    anchor = measured_anchor(open_with(model_folder("qwen2"), replace(LORA, rank=2), slot_of, documents).model)
    opened = open_with(model_folder("qwen2"), LORA, slot_of, documents)
    with pytest.raises(InvalidInputError, match="the anchor is of another model"):
        soften(opened, "shrink", 1.0, None, anchor, **UNIFORM)


def test_an_anchor_of_the_effective_space_is_refused(model_folder, slot_of, documents):
    opened = open_with(model_folder("llama-tied"), LORA, slot_of, documents)
    anchor = measured_anchor(opened.model, space="effective")
    trained = values(opened.model)
    with pytest.raises(InvalidInputError, match="found one of the effective space.*use wise-ft or lines"):
        soften(opened, "shrink", 1.0, None, anchor, **UNIFORM)
    assert same_bits(values(opened.model), trained)
