import contextlib
import json
import shutil

import pytest
import torch
from tiny_models import MAX_LENGTH, VOCABULARY_SIZE

from ballast import models
from ballast.errors import InvalidInputError
from ballast.models import checkpoints, devices
from ballast.models.context_window import window_of
from ballast.models.tokenizer import open_tokenizer
from ballast.training import estimate


def open_on_cpu(folder):
    return models.open_model(str(folder), "float32", "cpu", False, 0)


@pytest.fixture
def copy_of_model(model_folder, tmp_path):
    """`copy_of_model(name)`: a folder that a test may damage."""
    return lambda name: shutil.copytree(model_folder(name), tmp_path / "damaged")


@torch.no_grad()
def logits(model):
    return model.eval()(torch.arange(3, 23)[None]).logits


def test_info_describes_the_model(any_model):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(any_model)
    info = open_on_cpu(any_model).info()
    assert info["architecture"] == type(model).__name__
    assert info["parameters"] == info["trainable"] == model.num_parameters()
    assert info["bytes"] == 4 * info["parameters"]
    assert info["blocks"] == 2
    assert info["vocabularySize"] == VOCABULARY_SIZE
    assert info["maxLength"] == MAX_LENGTH
    assert info["tiedEmbeddings"] == (model.lm_head.weight is model.get_input_embeddings().weight)
    assert info["weights"] == [str(any_model / "model.safetensors")]
    assert info["device"] == "cpu" and info["deviceName"] and info["deviceReason"] == "asked for"
    assert info["adapter"] is None
    json.dumps(info)


def test_a_saved_model_is_read_by_transformers_with_the_same_logits(any_model, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    opened = open_on_cpu(any_model)
    with torch.no_grad():
        for parameter in opened.model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.05)
    opened.save(tmp_path / "deep" / "saved")
    saved = AutoModelForCausalLM.from_pretrained(tmp_path / "deep" / "saved")
    assert torch.equal(logits(saved), logits(opened.model))
    text = "The patient was given a boat.</s>"
    tokenizers = [AutoTokenizer.from_pretrained(folder) for folder in (any_model, tmp_path / "deep" / "saved")]
    assert tokenizers[0](text).input_ids == tokenizers[1](text).input_ids
    assert (tmp_path / "deep" / "saved" / "tokenizer.json").read_bytes() == (any_model / "tokenizer.json").read_bytes()
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["saved"], "nothing half-written stays"


def test_others_may_read_what_is_saved(model_folder, tmp_path):
    open_on_cpu(model_folder("llama-tied")).save(tmp_path / "saved")
    text = tmp_path / "text"
    text.touch()
    modes = {file.name: file.stat().st_mode for file in (tmp_path / "saved").iterdir()}
    assert "model.safetensors" in modes and set(modes.values()) == {text.stat().st_mode}


def test_saving_again_replaces(model_folder, tmp_path):
    opened = open_on_cpu(model_folder("gpt2"))
    opened.save(tmp_path / "saved")
    with torch.no_grad():
        opened.model.transformer.wte.weight.zero_()
    opened.save(tmp_path / "saved")
    assert not open_on_cpu(tmp_path / "saved").model.transformer.wte.weight.any()


def test_generation_settings_that_transformers_refuses_to_write_survive(copy_of_model, tmp_path):
    """Llama 2 shipped such ones; a finished training must not end there."""
    folder = copy_of_model("llama-tied")
    settings = {"do_sample": False, "temperature": 0.6, "top_p": 0.9, "max_new_tokens": 7}
    (folder / "generation_config.json").write_text(json.dumps(settings))
    open_on_cpu(folder).save(tmp_path / "saved")
    assert json.loads((tmp_path / "saved" / "generation_config.json").read_text()) == settings


def test_an_output_folder_that_cannot_be_made_is_the_users_error(model_folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InvalidInputError, match="cannot write to .*; choose another output folder"):
        open_on_cpu(model_folder("gpt2")).save(tmp_path / "file" / "saved")


def test_weights_in_shards_are_opened(model_folder, tmp_path):
    opened = open_on_cpu(model_folder("llama-untied"))
    opened.model.save_pretrained(tmp_path, max_shard_size="40KB")
    sharded = open_on_cpu(tmp_path)
    assert len(sharded.weights) > 1
    assert torch.equal(logits(sharded.model), logits(opened.model))


@pytest.mark.parametrize("name", ["../model.safetensors", "/etc/passwd", "a/../../b.safetensors", "weights.bin", "", 3, None])
def test_a_shard_outside_of_the_folder_is_refused(model_folder, tmp_path, name):
    open_on_cpu(model_folder("llama-untied")).model.save_pretrained(tmp_path, max_shard_size="40KB")
    index = tmp_path / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["weight_map"]["lm_head.weight"] = name
    index.write_text(json.dumps(content))
    with pytest.raises(InvalidInputError, match="expected names of .safetensors files beside it, found"):
        open_on_cpu(tmp_path)


REMOTE_CODE = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\n"


@pytest.mark.parametrize("model_type", ["llama", "strangers"])
def test_code_that_comes_with_a_model_does_not_run(copy_of_model, model_type, tmp_path):
    """There is no way to ask for it: `trust_remote_code` is False wherever transformers is asked to open something."""
    folder = copy_of_model("llama-tied")
    (folder / "modeling.py").write_text(REMOTE_CODE + "class Model: pass\nclass Configuration: pass\nclass Tokens: pass\n")
    for name, key, auto_map in (
        ("config.json", "model_type", {"AutoConfig": "modeling.Configuration", "AutoModelForCausalLM": "modeling.Model"}),
        ("tokenizer_config.json", "tokenizer_class", {"AutoTokenizer": ["modeling.Tokens", "modeling.Tokens"]}),
    ):
        content = json.loads((folder / name).read_text())
        changed = {key: model_type} if name == "config.json" or model_type != "llama" else {}
        (folder / name).write_text(json.dumps(content | changed | {"auto_map": auto_map}))
    for read in (lambda: open_on_cpu(folder), lambda: open_tokenizer(str(folder)), lambda: window_of(folder),
                 lambda: estimate.PlannedModel(folder, False, False, None)):  # fmt: skip
        with contextlib.suppress(InvalidInputError):
            read()
    assert not list(folder.rglob("ran")) and not list(tmp_path.rglob("ran"))


def test_a_lost_shard_is_named(model_folder, tmp_path):
    open_on_cpu(model_folder("llama-untied")).model.save_pretrained(tmp_path, max_shard_size="40KB")
    lost = checkpoints.weight_files(tmp_path)[1]
    lost.unlink()
    with pytest.raises(InvalidInputError, match=f"names weights that are not beside it: {lost.name}"):
        open_on_cpu(tmp_path)


def test_pickled_weights_are_refused(copy_of_model):
    folder = copy_of_model("gpt2")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InvalidInputError, match=r"only as pickle \(pytorch_model.bin\).*is refused; convert"):
        open_on_cpu(folder)


def test_pickles_beside_safetensors_are_never_opened(copy_of_model):
    folder = copy_of_model("gpt2")
    (folder / "pytorch_model.bin").write_bytes(b"not even a pickle")
    open_on_cpu(folder)


def test_a_folder_without_weights_is_refused(copy_of_model):
    folder = copy_of_model("gpt2")
    (folder / "model.safetensors").unlink()
    with pytest.raises(InvalidInputError, match=r"has no weights: expected model.safetensors .*found: .*config.json"):
        open_on_cpu(folder)


def test_a_missing_folder_and_one_that_is_no_model_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="is not a folder"):
        open_on_cpu(tmp_path / "absent")
    with pytest.raises(InvalidInputError, match=r"it has no config.json.*found: nothing"):
        open_on_cpu(tmp_path)


def test_weights_that_do_not_fill_the_model_are_refused(copy_of_model):
    """transformers fills the rest with random numbers and only warns."""
    from safetensors.torch import load_file, save_file

    folder = copy_of_model("llama-untied")
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(InvalidInputError, match="model.layers.1.mlp.up_proj.weight are missing or of another shape"):
        open_on_cpu(folder)


def test_weights_of_another_shape_are_refused(copy_of_model):
    folder = copy_of_model("llama-untied")
    change_config(folder, intermediate_size=48)
    with pytest.raises(InvalidInputError, match="cannot be opened as a causal language model|of another shape"):
        open_on_cpu(folder)


def test_broken_weights_are_refused(copy_of_model):
    folder = copy_of_model("gpt2")
    (folder / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0 half")
    with pytest.raises(InvalidInputError, match="cannot be opened as a causal language model"):
        open_on_cpu(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "brand-new", "architectures": ["BrandNew"]}, "brand-new"),
        ({"model_type": "clip"}, "cannot be opened as a causal language model"),
        ({"auto_map": {"AutoModelForCausalLM": "modeling.Own"}, "model_type": "own"}, "cannot be opened"),
        ({"n_embd": "wide"}, "cannot be opened"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantized weights, which cannot be trained"),
    ],
)
def test_models_that_cannot_be_trained_here_are_refused(copy_of_model, change, message):
    folder = copy_of_model("gpt2")
    change_config(folder, **change)
    with pytest.raises(InvalidInputError, match=message):
        open_on_cpu(folder)


def test_a_model_that_does_not_fit_into_memory_is_not_the_users_error(model_folder, monkeypatch):
    from transformers import AutoModelForCausalLM

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", lambda *_a, **_k: torch.empty(1 << 55))
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        open_on_cpu(model_folder("gpt2"))


def test_a_broken_configuration_is_refused(copy_of_model):
    folder = copy_of_model("gpt2")
    (folder / "config.json").write_text('{"model_type": ')
    with pytest.raises(InvalidInputError, match="config.json is not valid JSON"):
        open_on_cpu(folder)


def test_parameters_are_float32_whatever_the_checkpoint(copy_of_model):
    from transformers import AutoModelForCausalLM

    folder = copy_of_model("llama-tied")
    AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["dtype"] == "bfloat16"
    assert {parameter.dtype for parameter in open_on_cpu(folder).model.parameters()} == {torch.float32}


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:3"])
def test_a_gpu_that_is_not_there_is_refused(model_folder, device):
    with pytest.raises(
        InvalidInputError, match=f"model.device is {device}, but PyTorch .* sees no CUDA device; set it to cpu or auto"
    ):
        models.open_model(str(model_folder("gpt2")), "float32", device, False, 0)


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cpu:1", ""])
def test_an_unknown_device_is_refused(device):
    with pytest.raises(InvalidInputError, match="one of auto, cpu, cuda, cuda:N"):
        devices.choose_device(device)


def test_an_unknown_dtype_is_refused():
    with pytest.raises(InvalidInputError, match="model.dtype is 'float16'.* one of float32, bfloat16"):
        devices.choose_dtype("float16", torch.device("cpu"))


def test_a_small_model_computes_on_one_thread_and_a_large_one_on_all():
    assert devices.choose_threads(156_224, torch.device("cpu"))[0] == 1
    assert devices.choose_threads(15_000_000, torch.device("cpu"))[0] == devices.THREADS_AT_START
    assert devices.choose_threads(156_224, torch.device("cuda"))[0] == devices.THREADS_AT_START


def test_the_automatic_device_is_logged_with_its_reason(model_folder, caplog):
    with caplog.at_level("INFO", "ballast"):
        opened = models.open_model(str(model_folder("gpt2")), "float32", "auto", False, 0)
    assert opened.device.type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert "gpt2 on " + str(opened.device) in caplog.text and "PyTorch" in caplog.text


def change_config(folder, **changes):
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
