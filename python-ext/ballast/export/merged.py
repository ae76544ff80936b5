"""A whole checkpoint: an adapter's update folded into the weights, in a dtype of choice, cut into files."""

from pathlib import Path

import torch
from torch import nn

from ballast import models
from ballast.errors import InvalidInputError
from ballast.export.comparison import Reader, WholeRows
from ballast.export.request import Request
from ballast.models import OpenedModel, checkpoints


def write(opened: OpenedModel, folder: Path, request: Request) -> dict:
    """What `from_pretrained` reads, with tokenizer, generation settings and chat template as the base has them.

    Raises:
        InvalidInputError: the base is held in 4 bits, or a weight is too large for float16.
    """
    model = without_adapter(opened).to(request.torch_dtype)
    check_finite(model, request.dtype)
    models.save_checkpoint(model, opened.base_folder, folder, max_shard_size=request.max_shard_bytes)
    checkpoints.copy_tokenizer(opened.tokenizer_folder, folder)
    return {"weightFiles": len(checkpoints.weight_files(folder))}


def read(folder: Path) -> Reader:
    """In fp32, whatever it is stored in: what is compared is what the files hold."""
    opened = models.open_model(str(folder), "float32", "cpu", False, 0)
    opened.model.eval()
    return WholeRows(lambda ids: opened.model(input_ids=ids, use_cache=False).logits)


def without_adapter(opened: OpenedModel) -> nn.Module:
    """The model as transformers knows it, its adapter folded in; the opened one is changed.

    Raises:
        InvalidInputError: its base is held in 4 bits.
    """
    if opened.bits is not None:
        raise InvalidInputError(
            f"expected an adapter on a base in full precision, found one that was trained on a base in 4 bits "
            f"({opened.folder}): folded into other weights than those it was trained on it would be another model; use "
            "--format adapter"
        )
    if opened.adapter is None:
        return opened.model
    return opened.model.merge_and_unload()


def check_finite(model: nn.Module, dtype: str) -> None:
    """float16 ends at 65,504; what is larger becomes infinite without a word."""
    for name, parameter in model.named_parameters():
        if not torch.isfinite(parameter).all():
            raise InvalidInputError(
                f"--dtype {dtype}: expected weights that are finite numbers in it, found others in {name}; use --dtype "
                "bfloat16, whose range is float32's"
            )
