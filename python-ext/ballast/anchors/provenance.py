"""What an anchor's general phase stood on, by the hashes that runs started from Java record and compare."""

import hashlib
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import nn

from ballast import hub
from ballast.errors import InvalidInputError
from ballast.models.checkpoints import read_json

BASE_MODEL = "baseModel"
TOKENIZER = "tokenizer"
_BLOCK_BYTES = 1 << 22


def of_model(model: nn.Module) -> str | None:
    """The hash of the weights that a model was opened with, from its folder or from the hub's cache; None where it has
    none (made from a configuration, pickled weights, a folder that is gone).

    Weights in memory are not hashed in their place: files may hold them in another dtype and under other names, so that
    the same model would seem to be another one.

    Args:
        model: of transformers; with an adapter of PEFT its base is meant
    """
    configuration = getattr(model, "config", None)
    folder = _folder(getattr(configuration, "name_or_path", None), getattr(configuration, "_commit_hash", None))
    return None if folder is None else weights_hash(folder)


def of_tokenizer(tokenizer: Any) -> str | None:
    """The hash of the files that a tokenizer of transformers was opened with; None where it has none."""
    known = getattr(tokenizer, "init_kwargs", {})
    folder = _folder(getattr(tokenizer, "name_or_path", None), known.get("_commit_hash"))
    return None if folder is None else tokenizer_hash(folder)


def weights_hash(folder: Path) -> str | None:
    """As `ModelFolder.weightsHash` in Java: SHA-256 over name, dtype, shape and bytes of each tensor in the order of
    names, however they are cut into files. None without safetensors."""
    tensors = {}
    for file in sorted(folder.glob("model*.safetensors")):
        with file.open("rb") as opened:
            (header_bytes,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(header_bytes))
        header.pop("__metadata__", None)
        tensors |= {name: (file, 8 + header_bytes, told) for name, told in header.items()}
    digest = hashlib.sha256()
    for name, (file, data, told) in sorted(tensors.items()):
        begin, end = told["data_offsets"]
        digest.update(f"{name}{told['dtype']}{told['shape']}".encode())
        for block in _blocks(file, data + begin, end - begin):
            digest.update(block)
    return digest.hexdigest() if tensors else None


def tokenizer_hash(folder: Path) -> str | None:
    """As `Tokenizer.fingerprint` in Java: SHA-256 over BOS, EOS and the files that decide how a row becomes ids. None
    without tokenizer.json."""
    naming_tokens = ("tokenizer_config.json", "special_tokens_map.json")
    if not (folder / "tokenizer.json").is_file():
        return None
    bos, eos = (_special(folder, f"{kind}_token", naming_tokens) for kind in ("bos", "eos"))
    digest = hashlib.sha256(_text(f"{_optional(bos)} {_optional(eos)}"))
    for name in ("tokenizer.json", *naming_tokens, "chat_template.jinja", "chat_template.json"):
        if (folder / name).is_file():
            digest.update(_text(name) + (folder / name).read_bytes())
    return digest.hexdigest()


def _folder(name: str | None, revision: str | None) -> Path | None:
    """Where what transformers calls by a name lies."""
    if not name:
        return None
    if Path(name).is_dir():
        return Path(name)
    try:
        return hub.cached_model(name, revision, None)
    except InvalidInputError:  # No name of a repository: a folder that is gone.
        return None


def _blocks(file: Path, begin: int, size: int) -> Iterator[bytes]:
    with file.open("rb") as opened:
        opened.seek(begin)
        while size > 0 and (block := opened.read(min(size, _BLOCK_BYTES))):
            yield block
            size -= len(block)


def _special(folder: Path, key: str, naming_tokens: tuple[str, ...]) -> int | None:
    """The first file that has the key decides; the ids that the model's own files have come last."""
    for fields in (_json(folder / name) for name in naming_tokens):
        if key in fields:
            token = fields[key]["content"] if isinstance(fields[key], dict) else fields[key]
            return None if token is None else _ids(folder).get(token)
    for name in ("generation_config.json", "config.json"):
        if (found := _json(folder / name).get(f"{key}_id")) is not None:
            return found[0] if isinstance(found, list) else found
    return None


def _ids(folder: Path) -> dict[str, int]:
    told = read_json(folder / "tokenizer.json")
    vocabulary = told["model"]["vocab"]
    if isinstance(vocabulary, list):  # Unigrams and their scores.
        vocabulary = {token: number for number, (token, _) in enumerate(vocabulary)}
    return vocabulary | {token["content"]: token["id"] for token in told.get("added_tokens", ())}


def _json(file: Path) -> dict[str, Any]:
    return read_json(file) if file.is_file() else {}


def _optional(number: int | None) -> str:
    """As Java writes an OptionalInt."""
    return "OptionalInt.empty" if number is None else f"OptionalInt[{number}]"


def _text(text: str) -> bytes:
    """As `Sha256.text` in Java."""
    return text.encode() + b"\0\0"
