"""Which modules of a model get an adapter."""

import logging

import torch
from torch import nn

from ballast.errors import InvalidInputError

logger = logging.getLogger(__name__)

ALL_LINEAR = "all-linear"
MLP_ONLY = "mlp-only"
MLP_NAMES = ("mlp", "feed_forward", "ffn")
"""What the architectures of transformers call the feed-forward part of a block."""


def resolve(model: nn.Module, targets: list[str] | None) -> list[str]:
    """The targets as PEFT takes them: ends of module names, or "all-linear" alone.

    "mlp-only" becomes the linear modules of the feed-forward parts, each with its parent's name, so that GPT-2's
    `mlp.c_proj` does not take `attn.c_proj` along. Without targets it is PEFT's choice for the architecture.

    Raises:
        InvalidInputError: a target matches no module, or a word for many stands beside others.
    """
    if not targets:
        return default_targets(model.config.model_type)
    words = [target for target in targets if target in (ALL_LINEAR, MLP_ONLY)]
    if words and len(targets) > 1:
        raise InvalidInputError(
            f'adapter.targets: expected "{words[0]}" alone, found it beside {len(targets) - 1} more: it stands for all '
            "modules of its kind; name modules one by one, or leave the others out"
        )
    if words == [MLP_ONLY]:
        return _mlp_targets(model)
    _check(model, targets)
    return targets


def default_targets(model_type: str) -> list[str]:
    """PEFT's choice for the architecture; every linear module where PEFT has none."""
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as known

    chosen = list(known.get(model_type, [ALL_LINEAR]))
    reason = "PEFT's choice" if model_type in known else "PEFT knows no choice"
    logger.info("LoRA targets %s: %s for %s", ", ".join(chosen), reason, model_type)
    return chosen


def adaptable_modules(model: nn.Module) -> dict[str, nn.Module]:
    """Modules that PEFT's LoRA can stand beside, by their full name."""
    from transformers.pytorch_utils import Conv1D

    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, (torch.nn.Linear, torch.nn.Embedding, Conv1D))
    }


def matched_modules(model: nn.Module, targets: list[str]) -> dict[str, nn.Module]:
    """The modules that resolved targets stand for, by their full name; the output head is none of "all-linear"."""
    modules = adaptable_modules(model)
    if targets != [ALL_LINEAR]:
        return {name: module for name, module in modules.items() if any(_matches(name, target) for target in targets)}
    head = model.get_output_embeddings()
    return {
        name: module
        for name, module in modules.items()
        if module is not head and not isinstance(module, torch.nn.Embedding)
    }


def stores_weights_transposed(model: nn.Module, targets: list[str]) -> bool:
    """GPT-2 keeps its linear weights as [in, out]; PEFT wants to be told."""
    from transformers.pytorch_utils import Conv1D

    return any(isinstance(module, Conv1D) for module in matched_modules(model, targets).values())


def _mlp_targets(model: nn.Module) -> list[str]:
    found = {
        ".".join(name.split(".")[-2:])
        for name in matched_modules(model, [ALL_LINEAR])
        if "." in name and name.split(".")[-2] in MLP_NAMES
    }
    if not found:
        raise InvalidInputError(
            f'adapter.targets: "{MLP_ONLY}" finds no linear module inside {" or ".join(MLP_NAMES)} in '
            f"{type(model).__name__}; name its modules instead: {_existing(adaptable_modules(model))}"
        )
    logger.info("adapter on %s: the linear modules of every feed-forward part", ", ".join(sorted(found)))
    return sorted(found)


def _check(model: nn.Module, targets: list[str]) -> None:
    modules = adaptable_modules(model)
    for target in targets:
        if target != ALL_LINEAR and not any(_matches(name, target) for name in modules):
            raise InvalidInputError(
                f"adapter.targets: {target!r} matches no module of {type(model).__name__}; it has "
                f"{_existing(modules)} (in full for instance {next(iter(reversed(modules)))})"
            )


def _existing(modules: dict[str, nn.Module]) -> str:
    return ", ".join(sorted({name.rpartition(".")[2] for name in modules}))


def _matches(name: str, target: str) -> bool:
    return name == target or name.endswith("." + target)
