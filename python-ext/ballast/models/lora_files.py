"""LoRA adapters as files, which saving an opened model writes too."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ballast.errors import InvalidInputError

TENSORS = "adapter_model.safetensors"
CONFIGURATION = "adapter_config.json"


def write_on_original_base(folder: Path, folded: Sequence[Mapping[str, Tensor]]) -> None:
    """Turns a saved adapter on a changed base into one of a higher rank on the base as it was.

    (W + Σ s·B_i A_i) + s·BA = W + s·[B, B_1, …][A; A_1; …], so any program that reads LoRA gets the model from the
    original base.

    Args:
        folder: as PEFT saved it; changed in place
        folded: adapters of the same shapes that the base's weights hold, by the names of the saved tensors
    """
    tensors = load_file(folder / TENSORS)
    stacked = {
        name: torch.cat([tensor, *(factors[name] for factors in folded)], dim=0 if "_A" in name else 1)
        for name, tensor in tensors.items()
    }
    save_file(stacked, folder / TENSORS, metadata={"format": "pt"})
    path = folder / CONFIGURATION
    config = json.loads(path.read_text(encoding="utf-8"))
    count = 1 + len(folded)
    config |= {"r": count * config["r"], "init_lora_weights": True, "corda_config": None}
    config["lora_alpha"] *= count**0.5 if config["use_rslora"] else count  # The scale s stays what it was.
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


@torch.no_grad()
def merged_weights(model: nn.Module) -> dict[str, Tensor]:
    """The weights of the model that a LoRA adapter makes of its base, W + s·BA, by the names they have without one.

    Args:
        model: as PEFT wraps it; left as it is
    """
    from peft.tuners.lora import LoraLayer

    base = model.get_base_model()
    weights = {
        name.replace(".base_layer.", "."): tensor for name, tensor in base.state_dict().items() if ".lora_" not in name
    }
    for name, module in base.named_modules():
        if isinstance(module, LoraLayer):
            weights[f"{name}.weight"] = module.get_base_layer().weight + module.get_delta_weight(model.active_adapter)
    return weights


def read_input_directions(folder: Path) -> dict[str, Tensor]:
    """The A [r, in] of a saved LoRA adapter by the name of its module.

    Raises:
        InvalidInputError: no such adapter.
    """
    path = folder / TENSORS
    try:
        found = load_file(path) if path.is_file() else {}
    except SafetensorError as broken:
        raise InvalidInputError(f"expected a whole safetensors file at {path}, found {broken}") from broken
    directions = {
        name.partition(".lora_A.")[0]: tensor.float() for name, tensor in found.items() if ".lora_A." in name
    }
    if not directions:
        raise InvalidInputError(
            f"expected the folder of a LoRA adapter with {TENSORS}, found "
            f"{'no LoRA in it' if found else 'none'}: {folder}"
        )
    return directions
