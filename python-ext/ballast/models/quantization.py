"""A base model whose linear layers are held in 4 or 8 bits, through bitsandbytes, for an adapter to be trained on."""

import importlib.util
import json
import logging
from pathlib import Path

import torch

from ballast.errors import EnvironmentMissingError, InvalidInputError

NOTE = "quantization.json"
"""Beside an adapter that was trained on such a base: how the base was held. PEFT has no place for it."""

NF4, INT8 = 4, 8
_NAMES = {NF4: "nf4", INT8: "int8"}


def configuration(bits: int, device: torch.device, dtype: torch.dtype):
    """What transformers is told.

    Args:
        bits: 4: NF4 with double quantization, as QLoRA (Dettmers et al. 2023, arXiv 2305.14314), arithmetic in `dtype`;
            8: LLM.int8() (Dettmers et al. 2022, arXiv 2208.07339), which multiplies in float16
        device: where the model will be
        dtype: of forward and backward

    Raises:
        EnvironmentMissingError: no bitsandbytes; or 4 bits without a CUDA device: bitsandbytes 0.50 multiplies on a CPU by
            a kernel that autograd does not see.
    """
    from transformers import BitsAndBytesConfig

    if bits == NF4 and device.type != "cuda":
        raise EnvironmentMissingError(
            f"adapter.kind: qlora in 4 bits needs an NVIDIA GPU, found the device {device}; use a machine with CUDA, set "
            'adapter.bits to 8, or use the kind "lora"'
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise EnvironmentMissingError(
            "adapter.kind: qlora needs the package bitsandbytes, which is not installed; run "
            '"uv pip install --python .venv/bin/python bitsandbytes", or use the kind "lora"'
        )
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # It says at every product that it casts.
    if bits == INT8:
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )


def write_note(folder: Path, bits: int) -> None:
    """Notes beside a saved adapter how its base is to be held."""
    (folder / NOTE).write_text(json.dumps({"base": _NAMES[bits]}) + "\n", encoding="utf-8")


def bits_of(folder: Path) -> int | None:
    """How the base of a saved adapter was held while it was trained; None where it was whole.

    Raises:
        InvalidInputError: the note says neither.
    """
    if not (folder / NOTE).exists():
        return None
    try:
        base = json.loads((folder / NOTE).read_text(encoding="utf-8"))["base"]
        return next(bits for bits, name in _NAMES.items() if name == base)
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise InvalidInputError(
            f'expected in {folder / NOTE} {{"base": "nf4"}} or {{"base": "int8"}}, found something else: put that there'
        ) from error
