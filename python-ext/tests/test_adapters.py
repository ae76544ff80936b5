import json
import shutil

import pytest
import torch

from ballast import adapters, models
from ballast.errors import InvalidInputError

TARGETS = {"llama-tied": "q_proj", "llama-untied": "down_proj", "gptj": "fc_in", "gpt2": "c_attn", "qwen2": "v_proj"}


def open_with_lora(folder, targets=None, seed=1):
    opened = models.open_model(str(folder), "float32", "cpu", False, 0)
    adapters.add_lora(opened, 4, 8.0, 0.0, targets, seed)
    return opened


@torch.no_grad()
def logits(model):
    return model.eval()(torch.arange(3, 23)[None]).logits


def randomise_adapter(model):
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.normal_(std=0.1)


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


# PEFT 0.21 reads a property that transformers 5.23 has renamed.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
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
    assert adapters.default_targets("unheard-of") == ["all-linear"]


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
