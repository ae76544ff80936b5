import pytest
import torch
from tiny_gguf import write_gguf

from ballast import models
from ballast.errors import EnvironmentMissingError, InvalidInputError
from ballast.models import gguf_files, gguf_positions

WRITTEN = ["llama-tied", "llama-untied", "qwen2", "gpt2"]


@torch.no_grad()
def logits(folder):
    opened = models.open_model(str(folder), "float32", "cpu", False, 0)
    return opened.model.eval()(torch.arange(3, 63)[None]).logits


@pytest.mark.parametrize("architecture", WRITTEN)
def test_a_gguf_file_says_what_its_model_says(model_folder, tmp_path, architecture):
    """Grouped heads, llama.cpp's order of rotary positions and Llama 3's scaling of them, biases, turned matrices."""
    file = write_gguf(model_folder(architecture), tmp_path / "tiny.gguf")
    gguf_files.convert(file, tmp_path / "out")
    torch.testing.assert_close(logits(tmp_path / "out"), logits(model_folder(architecture)), rtol=0, atol=2e-5)


@pytest.mark.parametrize("quantization", ["F16", "Q8_0", "Q4_0"])
def test_quantized_weights_become_what_the_package_gguf_makes_of_them(model_folder, tmp_path, quantization):
    from gguf import GGMLQuantizationType, dequantize, quantize

    file = write_gguf(model_folder("llama-untied"), tmp_path / "tiny.gguf", quantization)
    gguf_files.convert(file, tmp_path / "out")
    weights = [
        dict(models.open_model(str(folder), "float32", "cpu", False, 0).model.named_parameters())
        for folder in (model_folder("llama-untied"), tmp_path / "out")
    ]
    kind = GGMLQuantizationType[quantization]
    for name in ("lm_head.weight", "model.layers.1.mlp.down_proj.weight", "model.layers.0.self_attn.v_proj.weight"):
        before = weights[0][name].detach().numpy()
        rounded = dequantize(quantize(before, kind), kind)
        assert (weights[1][name].detach().numpy() == rounded).all() and (rounded != before).any()


def test_the_tokenizer_gives_the_same_ids(model_folder, tmp_path):
    from transformers import AutoTokenizer

    gguf_files.convert(write_gguf(model_folder("llama-tied"), tmp_path / "tiny.gguf"), tmp_path / "out")
    before, after = (AutoTokenizer.from_pretrained(folder) for folder in (model_folder("llama-tied"), tmp_path / "out"))
    for text in ("The patient was given a boat.", "Naïve café, 東京</s> and  Ελλάδα", ""):
        assert before(text).input_ids == after(text).input_ids
    assert (after.bos_token, after.eos_token) == ("<s>", "</s>")
    assert len(after) == len(before), "no token is added that the model has no embedding for"
    assert (tmp_path / "out" / "tokenizer.json").is_file(), "Java reads no other form"


def test_a_converted_model_is_in_float32_and_knows_nothing_of_gguf(model_folder, tmp_path):
    from ballast.models import checkpoints

    gguf_files.convert(write_gguf(model_folder("llama-tied"), tmp_path / "tiny.gguf", "Q8_0"), tmp_path / "out")
    config = checkpoints.read_json(tmp_path / "out" / "config.json")
    assert config["dtype"] == "float32" and "quantization_config" not in config
    assert config["rope_parameters"]["rope_type"] == "llama3" and config["max_position_embeddings"] == 64
    assert not list(tmp_path.glob(".*")), "nothing half-written stays"


def test_positions_scaled_in_a_way_that_is_not_read_are_refused(model_folder, tmp_path, monkeypatch):
    file = write_gguf(model_folder("llama-tied"), tmp_path / "yarn.gguf", scaling="yarn")
    with pytest.raises(InvalidInputError, match="found scaled positions of the kind yarn"):
        gguf_files.convert(file, tmp_path / "out")
    monkeypatch.setattr(gguf_positions, "LENGTHS", [8192])
    file = write_gguf(model_folder("llama-tied"), tmp_path / "other.gguf")
    with pytest.raises(InvalidInputError, match="factors of rotary positions that are not Llama 3's"):
        gguf_files.convert(file, tmp_path / "out")
    assert not (tmp_path / "out" / "config.json").exists()


def test_what_is_no_gguf_file_is_refused(tmp_path):
    (tmp_path / "text.gguf").write_text("hello")
    with pytest.raises(InvalidInputError, match="expected a GGUF file, found one that begins with b'hell'"):
        gguf_files.convert(tmp_path / "text.gguf", tmp_path / "out")
    with pytest.raises(InvalidInputError, match="expected a GGUF file, found none at"):
        gguf_files.convert(tmp_path / "absent.gguf", tmp_path / "out")
    (tmp_path / "half.gguf").write_bytes(b"GGUF\3\0\0\0")
    with pytest.raises(InvalidInputError, match="half.gguf cannot be read as a causal language model in GGUF"):
        gguf_files.convert(tmp_path / "half.gguf", tmp_path / "out")


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(gguf_files.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(EnvironmentMissingError, match="the package gguf .* found none; run ./ballast setup"):
        gguf_files.convert(tmp_path / "any.gguf", tmp_path / "out")


def test_an_architecture_that_is_not_read_is_refused_by_its_name(model_folder, tmp_path):
    file = write_gguf(model_folder("qwen2"), tmp_path / "tiny.gguf", architecture="gptj")
    told = "tiny.gguf cannot be read .* architecture gptj is not supported yet; use the Hugging Face folder"
    with pytest.raises(InvalidInputError, match=told):
        gguf_files.convert(file, tmp_path / "out")
