import importlib.util
import json
import shutil
from dataclasses import replace
from functools import partial

import pytest
import torch
from adapter_cases import KINDS, LORA, OSF, general_text, logits, open_with, open_with_lora, randomise_adapter, train_on
from hub_server import Hub
from phases import settings
from tiny_models import CONFIGURATIONS

from ballast import Anchor, TrainingPhase, adapters, covered_parameters, hub, models
from ballast.adapters import target_modules
from ballast.errors import EnvironmentMissingError, InvalidInputError
from ballast.forward.teacher import Teacher
from ballast.measurement import Measurement
from ballast.models import quantization

# PEFT 0.21 reads a property that transformers 5.23 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

KINDS_OF_MODELS = [
    (kind, name) for kind in KINDS for name in CONFIGURATIONS if (kind, name) != ("osf", "gpt2")  # Refused, see below.
]
MLP = {
    "llama-tied": {"gate_proj", "up_proj", "down_proj"},
    "qwen2": {"gate_proj", "up_proj", "down_proj"},
    "gpt2": {"mlp.c_fc", "mlp.c_proj"},
    "gptj": {"fc_in", "fc_out"},
}
TARGETS = {"llama-tied": "q_proj", "llama-untied": "down_proj", "gptj": "fc_in", "gpt2": "c_attn", "qwen2": "v_proj"}


def test_only_the_adapter_is_trained_and_it_starts_as_the_base(any_model):
    base = logits(models.open_model(str(any_model), "float32", "cpu", False, 0).model)
    opened = open_with_lora(any_model, [TARGETS[any_model.name]])
    trained = [name for name, parameter in opened.model.named_parameters() if parameter.requires_grad]
    assert trained and all("lora_" in name and TARGETS[any_model.name] in name for name in trained)
    assert torch.equal(logits(opened.model), base)
    info = opened.info()
    assert 0 < info["trainable"] < info["parameters"]
    assert info["adapter"] == {
        "kind": "lora",
        "rank": 4,
        "alpha": 8.0,
        "dropout": 0.0,
        "targets": [TARGETS[any_model.name]],
    }
    json.dumps(info)


def test_a_saved_adapter_is_read_by_peft_with_the_same_logits(any_model, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    opened = open_with_lora(any_model, [TARGETS[any_model.name]])
    randomise_adapter(opened.model)
    opened.save(tmp_path / "adapter")
    reloaded = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(any_model), tmp_path / "adapter")
    assert torch.equal(logits(reloaded), logits(opened.model))
    assert not (tmp_path / "adapter" / "model.safetensors").exists(), "the base is not saved with it"
    assert (tmp_path / "adapter" / "tokenizer.json").exists()


def test_a_saved_adapter_opens_as_a_model_and_trains_on(model_folder, tmp_path):
    opened = open_with_lora(model_folder("llama-tied"))
    randomise_adapter(opened.model)
    opened.save(tmp_path / "adapter")
    again = adapters.open_model(str(tmp_path / "adapter"), "float32", "cpu", False, 0)
    assert torch.equal(logits(again.model), logits(opened.model))
    assert again.info()["trainable"] == opened.info()["trainable"]
    assert again.info()["adapter"] == opened.info()["adapter"]
    assert [path.rpartition("/")[2] for path in again.info()["weights"]] == [
        "model.safetensors",
        "adapter_model.safetensors",
    ]
    with pytest.raises(InvalidInputError, match="already has an adapter"):
        adapters.add_lora(again, 4, 8.0, 0.0, None, 0)


def test_an_adapter_saved_by_peft_alone_has_its_bases_tokenizer(model_folder, tmp_path):
    opened = open_with_lora(model_folder("llama-tied"))
    opened.model.save_pretrained(tmp_path / "adapter", save_embedding_layers=False)
    again = adapters.open_model(str(tmp_path / "adapter"), "float32", "cpu", False, 0)
    assert again.info()["tokenizerFolder"] == str(model_folder("llama-tied"))
    again.save(tmp_path / "saved")
    assert (tmp_path / "saved" / "tokenizer.json").exists()


def test_the_base_of_an_adapter_may_be_a_model_of_the_hub(model_folder, tmp_path, monkeypatch):
    opened = open_with_lora(model_folder("llama-tied"))
    opened.save(tmp_path / "adapter")
    configuration = tmp_path / "adapter" / "adapter_config.json"
    content = json.loads(configuration.read_text()) | {"base_model_name_or_path": "tiny/llama", "revision": "v1.0"}
    configuration.write_text(json.dumps(content))
    shutil.copytree(model_folder("llama-tied"), tmp_path / "hub" / "models" / "tiny" / "llama")
    (tmp_path / "hub" / "models" / "tiny" / "llama" / ".revisions").write_text("v1.0")
    with Hub(tmp_path / "hub", 0) as running:
        of_hub = partial(hub.download_model, endpoint=running.address, cache=str(tmp_path / "cache"))
        monkeypatch.setattr(hub, "download_model", lambda name, revision, *_: of_hub(name, revision))
        again = adapters.open_model(str(tmp_path / "adapter"), "float32", "cpu", False, 0)
        assert [request for request in running.requests if "v1.0" in request]
    assert torch.equal(logits(again.model), logits(opened.model))


def test_an_adapter_whose_base_is_gone_is_refused(model_folder, tmp_path):
    base = shutil.copytree(model_folder("llama-tied"), tmp_path / "base")
    open_with_lora(base).save(tmp_path / "adapter")
    shutil.rmtree(base)
    with pytest.raises(InvalidInputError, match="which is no folder here; set base_model_name_or_path"):
        adapters.open_model(str(tmp_path / "adapter"), "float32", "cpu", False, 0)


def test_a_pickled_adapter_is_refused(model_folder, tmp_path):
    open_with_lora(model_folder("llama-tied")).save(tmp_path / "adapter")
    (tmp_path / "adapter" / "adapter_model.safetensors").rename(tmp_path / "adapter" / "adapter_model.bin")
    with pytest.raises(InvalidInputError, match="has no adapter_model.safetensors"):
        adapters.open_model(str(tmp_path / "adapter"), "float32", "cpu", False, 0)


@pytest.mark.parametrize(("name", "expected"), [("llama-tied", "k_proj"), ("gpt2", "c_attn"), ("gptj", "fc_in")])
def test_targets_that_match_nothing_list_what_exists(model_folder, name, expected):
    with pytest.raises(InvalidInputError, match=f"'nope' matches no module of .*; it has .*{expected}"):
        open_with_lora(model_folder(name), [expected, "nope"])


def test_targets_that_name_a_container_are_refused(model_folder):
    with pytest.raises(InvalidInputError, match="'self_attn' matches no module"):
        open_with_lora(model_folder("llama-tied"), ["self_attn"])


def test_without_targets_pefts_choice_is_taken_and_logged(model_folder, caplog):
    with caplog.at_level("INFO", "ballast"):
        opened = open_with_lora(model_folder("llama-tied"))
    assert opened.adapter["targets"] == ["q_proj", "v_proj"]
    assert "q_proj, v_proj: PEFT's choice for llama" in caplog.text


def test_an_architecture_without_a_choice_gets_every_linear_module():
    assert target_modules.default_targets("unheard-of") == ["all-linear"]


@pytest.mark.parametrize("name", ["llama-tied", "gpt2"])
def test_all_linear_leaves_out_the_head(model_folder, name):
    opened = open_with_lora(model_folder(name), ["all-linear"])
    trained = {name for name, parameter in opened.model.named_parameters() if parameter.requires_grad}
    assert len(trained) > 2 * 2 * 3 and not any("lm_head" in name for name in trained)


def test_the_seed_decides_the_start(model_folder):
    a, b, c = (open_with_lora(model_folder("qwen2"), seed=seed).model.state_dict() for seed in (1, 1, 2))
    factors = [name for name in a if "lora_A" in name]
    assert all(torch.equal(a[name], b[name]) for name in factors)
    assert not any(torch.equal(a[name], c[name]) for name in factors)


@pytest.mark.parametrize(("kind", "name"), KINDS_OF_MODELS)
def test_every_kind_goes_through_a_run_and_peft_reads_the_result_on_the_original_base(
    kind, name, model_folder, tmp_path, slot_of, documents
):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = models.open_model(str(model_folder(name)), "float32", "cpu", False, 0).model
    opened = open_with(model_folder(name), KINDS[kind], slot_of, documents)
    start = logits(opened.model)
    torch.testing.assert_close(start, logits(base), atol=1e-4, rtol=1e-4)

    general = TrainingPhase(opened.model, settings(importance="path_integral", learningRate=1e-2))
    train_on(general, seed=2)
    anchor = general.finish_importance(1.0, True, "end", "scaled", "block", "mean")
    trained = {name for name, parameter in opened.model.named_parameters() if parameter.requires_grad}
    assert set(anchor.importance) == trained
    assert any("magnitude" in name for name in trained) == (kind == "dora")
    anchor.save(tmp_path / "anchor", {})
    anchor = Anchor.load(tmp_path / "anchor", opened.model)
    train_on(TrainingPhase(opened.model, settings(method="hierarchical", learningRate=1e-2), anchor), seed=3)
    moved = logits(opened.model)
    assert (moved - start).abs().max() > 0.05

    opened.save(tmp_path / "adapter")
    original = AutoModelForCausalLM.from_pretrained(model_folder(name))
    reloaded = PeftModel.from_pretrained(original, tmp_path / "adapter")
    torch.testing.assert_close(logits(reloaded), moved, atol=1e-4, rtol=1e-4)
    again = adapters.open_model(str(tmp_path / "adapter"), "float32", "cpu", False, 0)
    torch.testing.assert_close(logits(again.model), moved, atol=1e-4, rtol=1e-4)
    json.dumps(opened.info())


def test_rank_stabilised_lora_scales_by_the_root_of_the_rank(model_folder):
    """W + α/√r · BA, written out, against W + α/r · BA."""
    for kind, scale in (("lora", 8.0 / 4), ("rslora", 8.0 / 2)):
        opened = models.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
        adapters.add_adapter(opened, replace(LORA, kind=kind, targets=["q_proj"]), 1)
        randomise_adapter(opened.model)
        layer = opened.model.base_model.model.model.layers[0].self_attn.q_proj
        x = torch.randn(3, 32)
        update = layer.lora_B["default"].weight @ layer.lora_A["default"].weight
        expected = x @ (layer.base_layer.weight + scale * update).T
        torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


def test_dora_trains_the_length_of_every_row(model_folder):
    opened = models.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
    adapters.add_adapter(opened, replace(LORA, kind="dora", targets=["q_proj"]), 1)
    randomise_adapter(opened.model)
    layer = opened.model.base_model.model.model.layers[0].self_attn.q_proj
    direction = layer.base_layer.weight + 2.0 * layer.lora_B["default"].weight @ layer.lora_A["default"].weight
    magnitude = covered_parameters(opened.model)[
        "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector.default.weight"
    ]
    expected = magnitude[:, None] * direction / direction.norm(dim=1, keepdim=True)
    x = torch.randn(3, 32)
    torch.testing.assert_close(layer(x), x @ expected.T, atol=1e-5, rtol=1e-5)


def test_corda_takes_the_directions_that_general_text_uses_least(model_folder, slot_of, documents):
    """Against the definition: of W C = U S Vᵀ the r smallest singular values, in W as S Vᵀ C⁻¹."""
    settings = replace(LORA, kind="corda", targets=["q_proj"])
    opened = models.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
    layer = opened.model.model.layers[1].self_attn.q_proj
    weight = layer.weight.detach().clone()
    inputs = []
    hook = layer.register_forward_pre_hook(lambda _module, arguments: inputs.append(arguments[0][0].detach()))
    with torch.no_grad():
        for document in documents:
            opened.model(torch.tensor([document]))
    hook.remove()
    adapters.add_adapter(opened, settings, 1, general_text(opened, slot_of, documents))
    adapted = opened.model.base_model.model.model.layers[1].self_attn.q_proj
    update = 2.0 * adapted.lora_B["default"].weight @ adapted.lora_A["default"].weight
    torch.testing.assert_close(adapted.base_layer.weight + update, weight, atol=1e-5, rtol=1e-5)

    covariance = sum((x / x.max()).T @ (x / x.max()) for x in inputs) / len(inputs)
    damped = covariance + 0.01 * covariance.diagonal().mean() * torch.eye(32)  # PEFT's first damping.
    left, singular, right = torch.linalg.svd((weight @ damped).double())
    smallest = left[:, -4:] @ torch.diag(singular[-4:]) @ right[-4:] @ torch.linalg.inv(damped.double())
    torch.testing.assert_close(update.double(), smallest, atol=1e-3, rtol=1e-2)
    text = torch.cat(inputs)
    assert (text @ update.T).norm() / update.norm() < 0.5 * (text @ weight.T).norm() / weight.norm()


def test_osf_moves_no_weight_along_its_largest_singular_directions(model_folder, slot_of, documents):
    opened = open_with(model_folder("llama-untied"), replace(OSF, targets=["q_proj"]), slot_of, documents)
    layer = opened.model.base_model.model.model.layers[0].self_attn.q_proj
    train_on(TrainingPhase(opened.model, settings(learningRate=1e-3)), seed=3)
    moved = layer.get_delta_weight("default")
    left, _, _ = torch.linalg.svd(layer.base_layer.weight)
    kept, free = (left[:, :16].T @ moved).norm(), (left[:, 16:].T @ moved).norm()
    assert free > 1e-3 and kept < 0.5 * free, f"{kept} along the frozen directions, {free} along the others"


@pytest.mark.parametrize("name", MLP)
def test_mlp_only_targets_are_those_of_the_feed_forward_part(name, model_folder):
    opened = open_with_lora(model_folder(name), ["mlp-only"])
    adapted = {name.split(".lora_A")[0] for name, _ in opened.model.named_parameters() if "lora_A" in name}
    assert all(".mlp." in module for module in adapted)
    assert len(adapted) == 2 * len(MLP[name])
    assert all(any(module.endswith("." + end) for module in adapted) for end in MLP[name])


def test_a_word_for_many_targets_stands_alone(model_folder):
    with pytest.raises(InvalidInputError, match='expected "mlp-only" alone'):
        open_with_lora(model_folder("gpt2"), ["c_attn", "mlp-only"])


def test_mlp_only_of_a_model_without_such_a_part_lists_what_there_is():
    from transformers import OPTConfig, OPTForCausalLM

    model = OPTForCausalLM(OPTConfig(vocab_size=8, hidden_size=8, num_hidden_layers=1, ffn_dim=8, num_attention_heads=1))
    with pytest.raises(InvalidInputError, match="name its modules instead: .*fc1, fc2"):
        target_modules.resolve(model, ["mlp-only"])


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (replace(LORA, kind="lorra"), InvalidInputError, "expected one of lora, rslora, .*found \"lorra\""),
        (replace(LORA, kind="lora-null"), EnvironmentMissingError, "does not have LoRA-Null.*use \"corda\""),
        (replace(LORA, kind="qlora"), InvalidInputError, "expected qlora on a base in 4 or 8 bits"),
        (replace(LORA, kind="corda"), InvalidInputError, "general text, found none"),
        (replace(LORA, kind="corda", rank=33), InvalidInputError, "adapter.rank: expected at most 32"),
        (replace(LORA, kind="corda", targets=["embed_tokens"]), InvalidInputError, "found the embedding"),
    ],
)
def test_a_kind_that_cannot_be_had_is_refused(settings, error, message, model_folder):
    opened = models.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
    with pytest.raises(error, match=message):
        adapters.add_adapter(opened, settings, 1)


@pytest.mark.parametrize("preserved", [0.01, 1.0])
def test_osf_that_freezes_nothing_or_everything_is_refused(preserved, model_folder):
    opened = models.open_model(str(model_folder("qwen2")), "float32", "cpu", False, 0)
    with pytest.raises(InvalidInputError, match="of the 32 singular directions"):
        adapters.add_adapter(opened, replace(OSF, preserved=preserved, targets=["q_proj"]), 1)


def test_osf_of_a_model_without_linear_modules_is_refused(model_folder):
    opened = models.open_model(str(model_folder("gpt2")), "float32", "cpu", False, 0)
    with pytest.raises(InvalidInputError, match="found GPT-2's Conv1D"):
        adapters.add_adapter(opened, OSF, 1)


def test_a_base_that_cannot_be_had_by_switching_the_adapter_off_is_no_teacher(model_folder, slot_of, documents):
    opened = open_with(model_folder("qwen2"), KINDS["corda"], slot_of, documents)
    with pytest.raises(InvalidInputError, match="switched off, it does not leave the base"):
        Teacher(opened.model).logits(opened, None)


@pytest.mark.parametrize("kind", ["dora", "osf"])
def test_importance_that_needs_every_samples_gradient_is_refused_where_there_is_none(kind, model_folder):
    opened = models.open_model(str(model_folder("qwen2")), "float32", "cpu", False, 0)
    adapters.add_adapter(opened, KINDS[kind], 1)
    with pytest.raises(InvalidInputError, match=f"to measure fisher on, found {kind}"):
        Measurement(opened, "fisher", "data", 0)


WITHOUT_BITSANDBYTES = importlib.util.find_spec("bitsandbytes") is None


@pytest.mark.skipif(WITHOUT_BITSANDBYTES, reason="needs the package bitsandbytes")
@pytest.mark.parametrize("bits", [8, pytest.param(4, marks=[pytest.mark.cuda, pytest.mark.skipif(
    not torch.cuda.is_available(), reason="4 bits need a CUDA device")])])  # fmt: skip
def test_an_adapter_on_a_base_in_few_bits_is_trained_and_opens_again_on_such_a_base(bits, model_folder, tmp_path):
    folder = str(model_folder("llama-tied"))
    whole, opened = (adapters.open_model(folder, "float32", "auto", False, 0, each) for each in (None, bits))
    ids = torch.arange(3, 23, device=opened.device)[None]
    gradients = []
    for each, kind in ((whole, "lora"), (opened, "qlora")):
        adapters.add_adapter(each, replace(LORA, kind=kind, dropout=0.0), 1)
        randomise_adapter(each.model)
        each.model(ids, labels=ids).loss.backward()
        gradients.append(torch.cat([p.grad.flatten() for p in each.model.parameters() if p.requires_grad]))
    difference = (gradients[1] - gradients[0]).norm() / gradients[0].norm()
    assert 1e-5 < difference < (0.05 if bits == 8 else 0.3)
    opened.save(tmp_path / "adapter")
    again = adapters.open_model(str(tmp_path / "adapter"), "float32", "auto", False, 0)
    assert again.adapter["kind"] == "qlora" and again.bits == bits
    with torch.no_grad():
        expected, found = (each.model.eval()(ids).logits for each in (opened, again))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is there")
def test_a_base_in_four_bits_is_refused_without_a_gpu(model_folder):
    with pytest.raises(EnvironmentMissingError, match="qlora in 4 bits needs an NVIDIA GPU, found the device cpu"):
        adapters.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0, bits=4)


@pytest.mark.skipif(not WITHOUT_BITSANDBYTES, reason="the package bitsandbytes is there")
def test_a_base_in_few_bits_is_refused_without_bitsandbytes(model_folder):
    with pytest.raises(EnvironmentMissingError, match="qlora needs the package bitsandbytes"):
        adapters.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0, bits=8)


def test_a_note_that_says_neither_is_refused(tmp_path):
    (tmp_path / "quantization.json").write_text('{"base": "int3"}')
    with pytest.raises(InvalidInputError, match="int8"):
        quantization.bits_of(tmp_path)
