"""LoRA adapters as files."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor


def write_on_original_base(folder: Path, initial: Mapping[str, Tensor]) -> None:
    """Turns a saved adapter on the changed base into one of twice the rank on the base as it was.

    W − s·B₀A₀ + s·BA = W + s·[B, −B₀][A; A₀], so that any program that reads LoRA gets the trained model from the
    original base model.

    Args:
        folder: as PEFT saved it; changed in place
        initial: the adapter's tensors as it started, by the names of the saved ones
    """
    tensors = load_file(folder / "adapter_model.safetensors")
    doubled = {
        name: torch.cat([tensor, initial[name]], dim=0)
        if ".lora_A." in name
        else torch.cat([tensor, -initial[name]], dim=1)
        for name, tensor in tensors.items()
    }
    save_file(doubled, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config |= {"r": 2 * config["r"], "lora_alpha": 2 * config["lora_alpha"], "init_lora_weights": True}
    config["corda_config"] = None
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
