"""A base model in 4 bits (QLoRA, Dettmers et al. 2023, arXiv 2305.14314), through bitsandbytes."""

import importlib.util
import json
from pathlib import Path

import torch

from ballast.errors import EnvironmentMissingError

NOTE = "quantization.json"
"""Beside an adapter that was trained on a base in 4 bits: how the base was held. PEFT has no place for it."""


def configuration(device: torch.device, dtype: torch.dtype):
    """What transformers is told: NF4 with double quantization, as the paper; arithmetic in `dtype`.

    Raises:
        EnvironmentMissingError: no CUDA device or no bitsandbytes.
    """
    from transformers import BitsAndBytesConfig

    if device.type != "cuda":
        raise EnvironmentMissingError(
            f"adapter.kind: qlora needs an NVIDIA GPU, found the device {device}; use a machine with CUDA, or the kind "
            '"lora"'
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise EnvironmentMissingError(
            "adapter.kind: qlora needs the package bitsandbytes, which is not installed; run "
            '"uv pip install --python .venv/bin/python bitsandbytes", or use the kind "lora"'
        )
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )


def write_note(folder: Path) -> None:
    """Notes beside a saved adapter that its base is to be held in 4 bits."""
    (folder / NOTE).write_text(json.dumps({"base": "nf4", "doubleQuantization": True}) + "\n", encoding="utf-8")


def was_used(folder: Path) -> bool:
    """Whether a saved adapter was trained on a base in 4 bits."""
    return (folder / NOTE).exists()
