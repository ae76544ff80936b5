"""Transformer blocks compiled by `torch.compile`, for training alone.

What is evaluated and generated comes in other shapes each time, for which compiling does not pay: it runs as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ballast.errors import EnvironmentMissingError
from ballast.models.layers import blocks_path
from ballast.models.opened_model import OpenedModel


def compile_blocks(opened: OpenedModel) -> None:
    """Has a model's blocks compiled when training first comes to them, which takes a minute; lengths may then vary."""
    blocks = opened.model.get_submodule(blocks_path(opened.model))
    opened.compiled = [(block, torch.compile(block.forward, dynamic=True)) for block in blocks]


@contextmanager
def training(opened: OpenedModel) -> Iterator[None]:
    """Inside, the model's blocks run compiled, where `compile_blocks` was asked to.

    Raises:
        EnvironmentMissingError: they cannot be compiled here.
    """
    if not opened.compiled:
        yield
        return
    from torch._dynamo.exc import TorchDynamoException

    for block, forward in opened.compiled:
        block.forward = forward
    try:
        yield
    except TorchDynamoException as failed:
        reason = " ".join(str(failed).partition("\n\n")[0].split())
        raise EnvironmentMissingError(
            f"model.compile: expected PyTorch to compile the model's blocks, found that it cannot: "
            f"{reason}. On a CPU it takes a C++ compiler such as g++; set model.compile to false to train without"
        ) from failed
    finally:
        for block, _ in opened.compiled:
            del block.forward
