"""Model folders on disk: what one must hold to be opened, and how one is written."""

import json
import re
import shutil
from pathlib import Path

from ballast.disk import explained_disk_errors
from ballast.errors import InvalidInputError

# Everything that tells how text becomes ids, in the tokenizer formats that Hugging Face folders use.
TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model",
    "spiece.model", "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "chat_template.json",
)  # fmt: skip
# A name in the index of a checkpoint: of a file, and of no other folder's.
SHARD = re.compile(r"[^/\\\x00]+\.safetensors")
PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"}


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a whole checkpoint; refuses a folder that does not have them all."""
    index = folder / "model.safetensors.index.json"
    if index.exists():
        return _shards(index)
    single = folder / "model.safetensors"
    if single.exists():
        return [single]
    raise _without_weights(folder)


def check_model_folder(folder: Path) -> None:
    """Refuses what is no folder or has no configuration, before any library is asked."""
    if not folder.is_dir():
        raise InvalidInputError(
            f"model.path: {folder} is not a folder; give the folder of a Hugging Face model, or hf://org/name"
        )
    if not (folder / "config.json").exists():
        raise InvalidInputError(
            f"model.path: {folder} is no Hugging Face model folder: it has no config.json (found: {_listing(folder)})"
        )


def read_json(file: Path) -> dict:
    """A JSON object from a model folder; a broken one is the user's to mend."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidInputError(f"{file} is not valid JSON: {error}; fetch the model again") from error
    if not isinstance(content, dict):
        raise InvalidInputError(
            f"{file} holds a {type(content).__name__}, expected a JSON object; fetch the model again"
        )
    return content


def read_configuration(folder: Path):
    """The configuration of a model folder, as transformers reads it; code that comes with it does not run.

    Raises:
        InvalidInputError: transformers cannot read it.
    """
    from transformers import AutoConfig

    read_json(folder / "config.json")
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # What a folder may have wrong is without end.
        raise InvalidInputError(f"model.path: {folder} has a config.json that cannot be read: {error}") from error


def copy_tokenizer(source: Path, target: Path) -> None:
    """Copied byte for byte: writing a loaded tokenizer anew is known to change it."""
    for name in TOKENIZER_FILES:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)


def write_folder(folder: Path, write) -> None:
    """Calls `write(path)` on an empty neighbour, then moves its files in: an interruption never leaves half a file."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with explained_disk_errors(folder):
            partial.mkdir(parents=True)
            folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InvalidInputError(f"cannot write to {folder}: {error.strerror}; choose another output folder") from error
    try:
        with explained_disk_errors(folder):
            write(partial)
            give_usual_mode(partial)
            for file in sorted(partial.iterdir()):
                file.replace(folder / file.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def give_usual_mode(folder: Path) -> None:
    """safetensors writes files that nobody else may read; a server that reads them has a user of its own."""
    mode = folder.stat().st_mode & 0o666
    for file in folder.iterdir():
        if file.is_file():
            file.chmod(mode)


def _shards(index: Path) -> list[Path]:
    weight_map = read_json(index).get("weight_map")
    values = list(weight_map.values()) if isinstance(weight_map, dict) else []
    strange = [name for name in values if not (isinstance(name, str) and SHARD.fullmatch(name))]
    if strange:
        raise InvalidInputError(
            f"{index}: expected names of .safetensors files beside it, found {strange[0]!r:.80}; fetch the model again, "
            "from whom you trust"
        )
    names = sorted(set(values))
    missing = [name for name in names if not (index.parent / name).exists()]
    if missing or not names:
        raise InvalidInputError(
            f"{index} names weights that are not beside it: {', '.join(missing) or 'none'}; fetch the model again"
        )
    return [index.parent / name for name in names]


def _without_weights(folder: Path) -> InvalidInputError:
    pickles = sorted(file.name for file in folder.iterdir() if file.suffix in PICKLE_SUFFIXES)
    if pickles:
        return InvalidInputError(
            f"model.path: {folder} has its weights only as pickle ({', '.join(pickles)}), which can run code when "
            "opened and is refused; convert them to model.safetensors"
        )
    return InvalidInputError(
        f"model.path: {folder} has no weights: expected model.safetensors or model.safetensors.index.json "
        f"(found: {_listing(folder)})"
    )


def _listing(folder: Path) -> str:
    return ", ".join(sorted(file.name for file in folder.iterdir())[:12]) or "nothing"
