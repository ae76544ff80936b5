"""An anchor's two files, read: complete or refused."""

import hashlib
import json
import math
import operator
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ballast.errors import InvalidInputError
from ballast.importance import Layer, LayerWeights
from ballast.importance.storage import DecodedImportance, StoredImportance, storage_of

SCHEMA = 4
TENSORS = "anchor.safetensors"
METADATA = "anchor.json"
SEEN_TOKENS = "seenTokens"


@contextmanager
def told_as_damaged(folder: Path) -> Iterator[None]:
    """What metadata of another form raises where it is used is told with the anchor's folder."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as broken:
        why = f"{METADATA} lacks what it should say ({type(broken).__name__}: {broken})"
        raise _half_written(folder, why) from broken


def read_metadata(folder: Path) -> dict[str, Any]:
    path = folder / METADATA
    if not path.is_file():
        if any(folder.glob(TENSORS + "*")):
            raise _half_written(folder, f"there is no {METADATA}")
        raise InvalidInputError(f"expected an anchor ({METADATA} and {TENSORS}), found neither in {folder}")
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as broken:
        raise _half_written(folder, f"{METADATA} is not JSON ({broken})") from broken
    if not isinstance(metadata, dict):
        raise _half_written(folder, f"{METADATA} is no object")
    if metadata.get("schema") != SCHEMA:
        raise InvalidInputError(
            f'expected "schema": {SCHEMA} in {path}, found {metadata.get("schema")}: measure a new anchor, or use the '
            "version of Ballast that made this one"
        )
    return metadata


def hash_of(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def read_tensors(folder: Path, expected_bytes: int, expected_hash: str | None) -> dict[str, Tensor]:
    """Without a hash, as in anchors of an earlier version, size and header alone tell what is damaged."""
    path = folder / TENSORS
    found_bytes = path.stat().st_size if path.is_file() else 0
    if found_bytes != expected_bytes:
        raise _half_written(folder, f"{TENSORS} should have {expected_bytes} bytes and has {found_bytes}")
    if expected_hash is not None and (found_hash := hash_of(path)) != expected_hash:
        raise _half_written(folder, f"{TENSORS} should have the SHA-256 {expected_hash} and has {found_hash}")
    try:
        return load_file(path)
    except SafetensorError as broken:
        raise _half_written(folder, f"{TENSORS} cannot be read ({broken})") from broken


def decode(
    folder: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]
) -> tuple[StoredImportance, DecodedImportance]:
    """Ω as stored, and what is read back from it by parameter name."""
    facts = metadata["storage"]
    try:
        storage = storage_of(facts["kind"], facts.get("share"))
    except InvalidInputError as unknown:
        raise InvalidInputError(
            f'"storage" in {folder / METADATA}: {unknown}; use the version of Ballast that made this anchor'
        ) from unknown
    shapes = metadata["shapes"]
    unlike = f"its tensors are not those of the storage {storage.kind}"
    try:
        stored = StoredImportance.from_tensors(tensors, shapes, storage, facts["error"])
        decoded = DecodedImportance(storage, stored.parts, shapes)
        found = {name: (values.dtype, list(values.shape)) for name, values in decoded.items()}
    except (KeyError, RuntimeError, IndexError) as broken:
        raise _half_written(folder, f"{unlike} ({broken})") from broken
    for name, (dtype, shape) in found.items():
        if shape != shapes[name] or dtype != torch.float32:
            raise _half_written(folder, f"{unlike} ({name} is {dtype} {shape})")
    return stored, decoded


def _half_written(folder: Path, why: str) -> InvalidInputError:
    return InvalidInputError(
        f"expected a complete anchor, found a half-written or damaged one in {folder}: {why}; measure it again"
    )


def layer_weights(stored: Mapping[str, Any]) -> LayerWeights:
    layers = tuple(
        Layer(**(layer | {"parameters": tuple(layer["parameters"]), "elements": operator.index(layer["elements"]),
                          "norm": float(layer["norm"]), "alpha": float(layer["alpha"])}))
        for layer in stored["layers"]
    )  # fmt: skip
    alphas = [layer.alpha for layer in layers]
    if not (min(alphas, default=0.0) >= 0 and 0 < sum(alphas) < math.inf):
        raise ValueError(f"α of {alphas!r:.60}")
    return LayerWeights(**(dict(stored) | {"layers": layers, "scale": float(stored["scale"])}))


def with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
