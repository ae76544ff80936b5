"""GGUF files, llama.cpp's form of a model, as Hugging Face folders.

transformers reads them (`gguf_file`) with the package gguf and tables of its own, de-quantized. What it passes over
without a word, and would compute wrongly without, is read here or refused.
"""

import importlib.util
import json
import logging
from pathlib import Path

import torch

from ballast.disk import explained_disk_errors
from ballast.errors import EnvironmentMissingError, InvalidInputError
from ballast.memory import is_out_of_memory
from ballast.models import checkpoints
from ballast.models.gguf_positions import rope_parameters

logger = logging.getLogger(__name__)

MAGIC = b"GGUF"
LARGEST_FILE = "4GB"
# Where gpt2 is told how long a text may be: transformers fills in the name that its older code had.
CONTEXT_LENGTH = {"gpt2": "n_positions"}


def convert(file: Path, folder: Path) -> None:
    """Writes a GGUF file as a folder of fp32 safetensors with config.json and tokenizer.json.

    Raises:
        InvalidInputError: it is no GGUF file, or one that transformers cannot read aright.
        EnvironmentMissingError: the package gguf is not installed, or the disk is full.
    """
    check_package()
    _check_file(file)
    with explained_disk_errors(folder):
        checkpoints.write_folder(folder, lambda partial: _write(file, partial))


def check_package() -> None:
    if importlib.util.find_spec("gguf") is None:
        raise EnvironmentMissingError(
            "expected the package gguf to read a GGUF file, found none; run ./ballast setup, or "
            'pip install "ballast[gguf]"'
        )


def _check_file(file: Path) -> None:
    if not file.is_file():
        raise InvalidInputError(f"model.path: expected a GGUF file, found none at {file}; check the path")
    with file.open("rb") as opened:
        found = opened.read(len(MAGIC))
    if found != MAGIC:
        raise InvalidInputError(f"model.path: expected a GGUF file, found one that begins with {found!r}: {file}")


def _write(file: Path, folder: Path) -> None:
    try:
        model, tokenizer = _read(file)
    except (InvalidInputError, MemoryError):
        raise
    except Exception as error:  # What a file may have wrong is without end.
        if is_out_of_memory(error):
            raise
        raise InvalidInputError(
            f"model.path: {file} cannot be read as a causal language model in GGUF: {str(error).rstrip('.')}; use the "
            "Hugging Face folder that it was made from"
        ) from error
    model.save_pretrained(folder, max_shard_size=LARGEST_FILE)
    tokenizer.save_pretrained(folder)
    _drop_tokens_beyond(model.get_input_embeddings().num_embeddings, folder / "tokenizer.json")
    logger.info("%s: %s, %s parameters", file.name, type(model).__name__, f"{model.num_parameters():,}")


def _read(file: Path):
    """The model with plain fp32 weights, and its tokenizer."""
    from gguf import GGUFReader
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GgufConfig

    reader = GGUFReader(file)
    where = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name, "local_files_only": True,
             "trust_remote_code": False}  # fmt: skip
    config = AutoConfig.from_pretrained(**where)
    _complete(config, reader, file)
    read, report = AutoModelForCausalLM.from_pretrained(
        **where, config=config, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True),
        output_loading_info=True,
    )  # fmt: skip
    _check_complete(read, report, reader, file)
    return _plain(read), AutoTokenizer.from_pretrained(**where)


def _plain(read):
    """The same weights in a model that does not know of GGUF: transformers refuses to save the one that does."""
    from transformers import AutoModelForCausalLM

    config = type(read.config).from_dict(read.config.to_dict() | {"quantization_config": None})
    del config.quantization_config
    with torch.device("meta"):
        plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32, trust_remote_code=False)
    plain.load_state_dict(read.state_dict(), assign=True)
    plain.tie_weights()
    return plain


def _drop_tokens_beyond(count: int, file: Path) -> None:
    """transformers' GPT-2 class brings a token of its own, <|endoftext|>, which the model has no embedding for."""
    content = checkpoints.read_json(file)
    content["added_tokens"] = [token for token in content["added_tokens"] if token["id"] < count]
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _check_complete(read, report: dict, reader, file: Path) -> None:
    """transformers leaves out tensors that its tables do not name, and fills with random numbers what it lacks."""
    missing = sorted(report["missing_keys"])
    if missing:
        raise InvalidInputError(
            f"model.path: {file} lacks weights of its model: {', '.join(missing[:5])}; fetch it again"
        )
    found = sum(tensor.name.endswith(".bias") for tensor in reader.tensors)
    known = sum(name.endswith(".bias") for name in read.state_dict())
    if found != known:
        raise InvalidInputError(
            f"model.path: expected {known} biases as transformers' {type(read).__name__} has them, found {found} in "
            f"{file}: it would be another model; use the Hugging Face folder that it was made from"
        )


def _complete(config, reader, file: Path) -> None:
    """What transformers leaves out of the configuration that it makes of the file's metadata."""
    architecture = reader.get_field("general.architecture").contents()
    length = reader.get_field(f"{architecture}.context_length")
    if length is not None and architecture in CONTEXT_LENGTH:
        setattr(config, CONTEXT_LENGTH[architecture], int(length.contents()))
    parameters = rope_parameters(reader, architecture, config, file)
    if parameters is not None:
        config.rope_parameters = parameters
