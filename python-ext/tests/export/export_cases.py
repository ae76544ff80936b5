"""Adapters of several kinds, trained in name only: their factors are not zero."""

from pathlib import Path

import torch

from ballast import adapters
from ballast.adapters import AdapterSettings

SETTINGS = {
    "lora": AdapterSettings("lora", 4, 8.0, 0.0, ["all-linear"], None),
    "rslora": AdapterSettings("rslora", 4, 8.0, 0.0, ["all-linear"], None),
    "dora": AdapterSettings("dora", 4, 8.0, 0.0, ["all-linear"], None),
    "osf": AdapterSettings("osf", None, None, None, ["all-linear"], 0.5),
}


def save_adapter(base: Path, kind: str, folder: Path) -> Path:
    opened = adapters.open_model(str(base), "float32", "cpu", False, 0)
    adapters.add_adapter(opened, SETTINGS[kind], seed=3)
    torch.manual_seed(4)
    with torch.no_grad():
        for parameter in opened.model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
    opened.save(folder)
    return folder


IDS = list(range(3, 43))


@torch.no_grad()
def logits(model: torch.nn.Module) -> torch.Tensor:
    """[len(IDS), vocabulary]."""
    return model.eval()(torch.tensor([IDS])).logits[0]
