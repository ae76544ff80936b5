import json
import shutil

import pytest
import torch
from export_cases import logits, save_adapter

from ballast import adapters, export
from ballast.errors import InvalidInputError

REQUEST = export.Request("float32", 2_000_000_000)


# PEFT 0.21 reads a property that transformers 5.23 has renamed.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("kind", ["lora", "dora", "osf"])
def test_an_adapter_is_written_byte_for_byte_and_read_by_peft(model_folder, tmp_path, kind):
    from peft import AutoPeftModelForCausalLM

    source = save_adapter(model_folder("llama-tied"), kind, tmp_path / "adapter")
    opened = adapters.open_model(str(source), "float32", "cpu", False, 0)
    before, probe = logits(opened.model), export.Probe.of(opened)
    export.write(opened, "adapter", tmp_path / "out", REQUEST)
    for name in ("adapter_model.safetensors", "adapter_config.json", "tokenizer.json", "chat_template.jinja"):
        assert (tmp_path / "out" / name).read_bytes() == (source / name).read_bytes()
    assert torch.equal(logits(AutoPeftModelForCausalLM.from_pretrained(tmp_path / "out")), before)
    found = export.compared(probe, "adapter", tmp_path / "out", "float32")
    assert found["passed"] and found["maxDifference"] == 0 and found["sameTokens"] == found["tokens"] > 100


def test_a_base_in_the_hubs_cache_is_named_as_the_hub_names_it(model_folder, tmp_path):
    revision = "0123456789abcdef0123456789abcdef01234567"
    base = tmp_path / "hub" / "models--org--name-7b" / "snapshots" / revision
    shutil.copytree(model_folder("llama-tied"), base)
    source = save_adapter(base, "lora", tmp_path / "adapter")
    export.write(adapters.open_model(str(source), "float32", "cpu", False, 0), "adapter", tmp_path / "out", REQUEST)
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert (config["base_model_name_or_path"], config["revision"]) == ("org/name-7b", revision)


def test_a_model_without_an_adapter_is_refused(model_folder, tmp_path):
    opened = adapters.open_model(str(model_folder("gpt2")), "float32", "cpu", False, 0)
    with pytest.raises(InvalidInputError, match="a whole model without one.* use --format merged"):
        export.write(opened, "adapter", tmp_path / "out", REQUEST)
