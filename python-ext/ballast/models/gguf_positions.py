"""How a GGUF file scales rotary positions, which transformers' reader does not look at."""

from pathlib import Path
from typing import Any

import numpy
import torch

from ballast.errors import InvalidInputError

FACTORS = "rope_freqs.weight"
# Llama 3.1 and later all have these two; GGUF keeps neither them nor the length before scaling, only what they give.
LOW, HIGH = 1.0, 4.0
LENGTHS = [1 << power for power in range(4, 21)]
# Architectures whose scaling transformers reads itself.
READ_BY_TRANSFORMERS = ("gpt-oss",)


def rope_parameters(reader: Any, architecture: str, config: Any, file: Path) -> dict | None:
    """The configuration's `rope_parameters` where the file has scaled positions; None where they are plain.

    Args:
        reader: of the package gguf
        architecture: as the file names it
        config: of transformers, as made from the file

    Raises:
        InvalidInputError: a scaling of another kind than Llama 3's.
    """
    field = reader.get_field(f"{architecture}.rope.scaling.type")
    kind = str(field.contents()) if field is not None else "none"
    if kind != "none" and architecture not in READ_BY_TRANSFORMERS:
        raise _unread(f"scaled positions of the kind {kind}", file)
    tensor = next((each for each in reader.tensors if each.name == FACTORS), None)
    if tensor is None:
        return None
    factors = torch.from_numpy(numpy.array(tensor.data, dtype=numpy.float32))  # [half of a head]
    return _llama3(factors, float(config.rope_parameters["rope_theta"]), file)


def _llama3(factors: torch.Tensor, theta: float, file: Path) -> dict | None:
    if torch.allclose(factors, torch.ones_like(factors)):
        return None
    factor = float(factors.max())
    for length in LENGTHS:
        if torch.allclose(_factors(len(factors), theta, factor, length), factors, rtol=1e-3):
            return {
                "rope_type": "llama3",
                "rope_theta": theta,
                "factor": factor,
                "low_freq_factor": LOW,
                "high_freq_factor": HIGH,
                "original_max_position_embeddings": length,
            }
    raise _unread(f"factors of rotary positions that are not Llama 3's ({FACTORS})", file)


def _factors(count: int, theta: float, factor: float, length: int) -> torch.Tensor:
    """[count]: what Llama 3 divides each frequency by: the factor for slow ones, 1 for fast ones, smoothly between."""
    exponents = torch.arange(count, dtype=torch.float32) / count
    waves = 2 * torch.pi * theta**exponents
    smooth = ((length / waves - LOW) / (HIGH - LOW)).clamp(0, 1)
    return 1 / ((1 - smooth) / factor + smooth)


def _unread(what: str, file: Path) -> InvalidInputError:
    return InvalidInputError(
        f"model.path: expected a GGUF file whose positions transformers reads, found {what} in {file}: it would be "
        "another model; use the Hugging Face folder that it was made from"
    )
