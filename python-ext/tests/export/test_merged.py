import json
import shutil

import pytest
import torch
from export_cases import IDS, logits, save_adapter

from ballast import adapters, export
from ballast.errors import InvalidInputError
from ballast.models import checkpoints


def exported(source, folder, dtype="float32", max_shard_bytes=2_000_000_000):
    """(what the model said, what was written says), each [length, vocabulary]."""
    from transformers import AutoModelForCausalLM

    opened = adapters.open_model(str(source), "float32", "cpu", False, 0)
    before = logits(opened.model)
    export.write(opened, "merged", folder, export.Request(dtype, max_shard_bytes))
    return before, logits(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32))


# OSF leaves out GPT-2's Conv1D.
KINDS = [(architecture, kind) for architecture in ("llama-tied", "gpt2", "gptj") for kind in ("lora", "rslora", "dora")]


@pytest.mark.parametrize(("architecture", "kind"), [*KINDS, ("llama-tied", "osf"), ("gptj", "osf")])
def test_a_merged_adapter_says_what_the_model_with_it_says(model_folder, tmp_path, architecture, kind):
    source = save_adapter(model_folder(architecture), kind, tmp_path / "adapter")
    before, after = exported(source, tmp_path / "out")
    base = logits(adapters.open_model(str(model_folder(architecture)), "float32", "cpu", False, 0).model)
    torch.testing.assert_close(after, before, rtol=0, atol=2e-5)
    assert (after - base).abs().max() > 0.1, "the adapter does something"


def test_a_whole_model_is_written_bit_for_bit(any_model, tmp_path):
    before, after = exported(any_model, tmp_path / "out")
    assert torch.equal(before, after)
    (tmp_path / "plain").touch()
    modes = {file.stat().st_mode for file in (tmp_path / "out").iterdir()}
    assert modes == {(tmp_path / "plain").stat().st_mode}, "whoever may read one file may read all"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_weights_are_the_rounded_ones_of_the_dtype_asked_for(model_folder, tmp_path, dtype):
    from safetensors.torch import load_file

    exported(model_folder("llama-tied"), tmp_path / "out", dtype)
    before = load_file(model_folder("llama-tied") / "model.safetensors")
    after = load_file(tmp_path / "out" / "model.safetensors")
    assert before.keys() == after.keys()
    assert all(torch.equal(after[name], before[name].to(getattr(torch, dtype))) for name in before)
    assert json.loads((tmp_path / "out" / "config.json").read_text())["dtype"] == dtype


def test_a_checkpoint_is_cut_into_files_of_the_size_asked_for(model_folder, tmp_path):
    before, after = exported(model_folder("llama-untied"), tmp_path / "out", max_shard_bytes=40_000)
    files = checkpoints.weight_files(tmp_path / "out")
    largest_tensor = 320 * 32 * 4
    assert len(files) > 2 and all(file.stat().st_size < largest_tensor + 4096 for file in files)
    assert torch.equal(before, after)


def test_tokenizer_generation_settings_and_chat_template_are_kept(model_folder, tmp_path):
    source = shutil.copytree(model_folder("llama-tied"), tmp_path / "model")
    settings = {"do_sample": False, "temperature": 0.6, "max_new_tokens": 7}
    (source / "generation_config.json").write_text(json.dumps(settings))
    adapter = save_adapter(source, "lora", tmp_path / "adapter")
    exported(adapter, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "generation_config.json").read_text()) == settings
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        assert (tmp_path / "out" / name).read_bytes() == (source / name).read_bytes()


def test_a_weight_too_large_for_float16_is_refused(model_folder, tmp_path):
    opened = adapters.open_model(str(model_folder("gpt2")), "float32", "cpu", False, 0)
    with torch.no_grad():
        opened.model.transformer.ln_f.weight[0] = 1e6
    with pytest.raises(InvalidInputError, match="--dtype float16: .* found others in transformer.ln_f.weight"):
        export.write(opened, "merged", tmp_path / "out", export.Request("float16", 1 << 30))


@pytest.mark.parametrize("format", ["merged", "onnx"])
def test_an_adapter_on_a_base_in_4_bits_is_not_merged(model_folder, tmp_path, format):
    opened = adapters.open_model(str(model_folder("gpt2")), "float32", "cpu", False, 0)
    opened.bits = 4
    with pytest.raises(InvalidInputError, match="a base in 4 bits .* use --format adapter"):
        export.write(opened, format, tmp_path / "out", export.Request("float32", 1 << 30))


def test_a_sharded_model_goes_in_and_out(model_folder, tmp_path):
    exported(model_folder("llama-tied"), tmp_path / "sharded", max_shard_bytes=40_000)
    source = save_adapter(tmp_path / "sharded", "lora", tmp_path / "adapter")
    before, after = exported(source, tmp_path / "out", max_shard_bytes=40_000)
    torch.testing.assert_close(after, before, rtol=0, atol=2e-5)
    assert before.shape == (len(IDS), 320)
