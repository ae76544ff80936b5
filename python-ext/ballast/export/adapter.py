"""A PEFT adapter as it is, with its tokenizer."""

import json
import re
import shutil
from pathlib import Path

from ballast import adapters
from ballast.errors import InvalidInputError
from ballast.export.comparison import Reader, WholeRows
from ballast.export.request import Request
from ballast.models import OpenedModel, checkpoints, lora_files, quantization

# Where huggingface_hub keeps a revision of a model: no other machine has that path.
SNAPSHOT = re.compile(r".*/models--(?P<organisation>[^/]+?)--(?P<name>[^/]+)/snapshots/(?P<revision>[0-9a-f]{40})/?")


def write(opened: OpenedModel, folder: Path, _request: Request) -> dict:
    """The weights byte for byte; a base in the hub's cache is named as the hub names it.

    Raises:
        InvalidInputError: there is no adapter, or it is not in files.
    """
    if opened.adapter is None or not (opened.folder / lora_files.CONFIGURATION).is_file():
        raise InvalidInputError(
            f"--format adapter: expected a PEFT adapter, found a whole model without one: {opened.folder}; use "
            "--format merged"
        )
    shutil.copyfile(opened.folder / lora_files.TENSORS, folder / lora_files.TENSORS)
    _write_configuration(opened.folder / lora_files.CONFIGURATION, folder / lora_files.CONFIGURATION)
    if opened.bits is not None:
        quantization.write_note(folder, opened.bits)
    checkpoints.copy_tokenizer(opened.tokenizer_folder, folder)
    return {"adapter": opened.adapter}


def read(folder: Path) -> Reader:
    device = "cpu" if quantization.bits_of(folder) is None else "auto"
    opened = adapters.open_model(str(folder), "float32", device, False, 0)
    opened.model.eval()
    return WholeRows(lambda ids: opened.model(input_ids=ids.to(opened.device), use_cache=False).logits)


def _write_configuration(source: Path, target: Path) -> None:
    config = checkpoints.read_json(source)
    cached = SNAPSHOT.fullmatch(str(config.get("base_model_name_or_path")))
    if cached is None:
        shutil.copyfile(source, target)
        return
    config["base_model_name_or_path"] = f"{cached['organisation']}/{cached['name']}"
    config["revision"] = cached["revision"]
    target.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
