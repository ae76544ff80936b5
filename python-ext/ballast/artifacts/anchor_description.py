"""`anchor.json`: what an anchor is and how it came about, without its tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ballast.anchors.files import METADATA, SCHEMA
from ballast.artifacts import records


@dataclass(frozen=True)
class AnchorDescription:
    """What an anchor says of itself; `Anchor.load` reads its tensors too.

    Attributes:
        space: parameters, factors or effective
        storage: kind, error and bytes of Ω as stored
        provenance: hashes of base model, tokenizer and data, and what else its maker told
        measured: method, sum_omega, clamped_share, xi, samples
        layer_weights: kind, normalize, scale, and layers with name, parameters, elements, norm and alpha
        tensor_hash: SHA-256 of anchor.safetensors; None in an anchor of an earlier version
        shapes: of each covered parameter
        reference_hashes: of each covered parameter of θ*, where that is the base and not stored
    """

    schema: int
    space: str
    storage: Mapping[str, Any]
    provenance: Mapping[str, Any]
    measured: Mapping[str, Any]
    layer_weights: Mapping[str, Any]
    model_bytes: int
    tensor_bytes: int
    shapes: Mapping[str, Sequence[int]]
    reference_hashes: Mapping[str, str]
    distribution: Mapping[str, Any] = field(default_factory=dict)
    tensor_hash: str | None = None

    @classmethod
    def read(cls, folder: Path) -> "AnchorDescription":
        """Of an anchor's folder, such as `anchor/` of a run.

        Raises:
            InvalidInputError: there is none, or one of another schema.
        """
        return records.read_file(cls, folder / METADATA, SCHEMA, f"an anchor's {METADATA}")
