"""Which parameters are covered, and which layer each of them belongs to."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from ballast.errors import InvalidInputError

EMBEDDING = "embedding"
HEAD = "head"


def covered_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """The trainable parameters of `model` by name, in the model's order; a tied one appears once.

    Raises:
        InvalidInputError: nothing is trainable.
    """
    # named_parameters() already leaves out a Parameter object that it has shown under an earlier name.
    covered = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    if not covered:
        raise InvalidInputError(
            f"expected a model with trainable parameters, found none in {type(model).__name__}: "
            "every parameter is frozen; unfreeze some or add an adapter"
        )
    return covered


def check_float32(parameters: Mapping[str, Tensor]) -> None:
    """Raises InvalidInputError unless every parameter is fp32."""
    for name, parameter in parameters.items():
        if parameter.dtype != torch.float32:
            raise InvalidInputError(
                f"expected trainable parameters in float32, found {parameter.dtype} in {name}: small updates are lost "
                'in fewer bits; open the model in float32 and use autocast ("dtype": "bfloat16" in an experiment, '
                "bf16=True in a Trainer)"
            )


def group_layers(model: nn.Module, names: Iterable[str], kind: str) -> dict[str, list[str]]:
    """Groups covered parameters into layers.

    With `kind` "block" a layer is "embedding" (all that comes before the blocks: token and positional embeddings),
    "block.0", "block.1", …, or "head" (what comes after: final norm, output head). A head tied to the embedding is
    the embedding, and takes the final norm along. With "parameter" every tensor is a layer of its own.

    Args:
        model: the model that `names` come from; a PEFT wrapper is fine
        names: covered parameter names, or names of the base's parameters without the wrapper
        kind: "block" or "parameter"

    Returns:
        the names of each layer's parameters, in the model's order; a layer without any is left out.

    Raises:
        InvalidInputError: an unknown `kind`, or "block" for a model without a list of blocks.
    """
    if kind == "parameter":
        return {name: [name] for name in names}
    if kind != "block":
        raise InvalidInputError(f'expected layers "block" or "parameter", found "{kind}"')
    blocks = blocks_path(model) + "."
    after_blocks = EMBEDDING if _has_tied_head(model) else HEAD
    layer_of = {}
    outside = EMBEDDING  # A model registers its modules in the order in which they compute.
    for name, _ in model.named_parameters():
        if name.startswith(blocks):
            layer_of[name] = "block." + name[len(blocks) :].split(".", 1)[0]
            outside = after_blocks
        else:
            layer_of[name] = outside
        layer_of[plain_name(name)] = layer_of[name]
    groups: dict[str, list[str]] = {layer: [] for layer in layer_of.values()}
    for name in names:
        groups[layer_of[name]].append(name)
    return {layer: members for layer, members in groups.items() if members}


def plain_name(name: str) -> str:
    """A parameter's name as the model has it without PEFT's wrapping."""
    return name.removeprefix("base_model.model.").replace(".base_layer.", ".")


def vocabulary_parameters(model: nn.Module, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of the parameters that have a row for each token, by name: input embedding and head."""
    modules = [getattr(model, getter, lambda: None)() for getter in ("get_input_embeddings", "get_output_embeddings")]
    weights = {id(getattr(module, "weight", None)) for module in modules if module is not None}
    return {name: parameter for name, parameter in parameters.items() if id(parameter) in weights}


def blocks_path(model: nn.Module) -> str:
    """Path of the longest ModuleList that lies in no other one (experts are lists inside a block)."""
    longest_path, longest, outer = None, 0, ()
    for path, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and not path.startswith(outer):
            outer += (path + ".",)
            if len(module) > longest:
                longest_path, longest = path, len(module)
    if longest_path is None:
        raise InvalidInputError(
            f"expected a model with a torch.nn.ModuleList of transformer blocks, found none in "
            f'{type(model).__name__}: use layers "parameter"'
        )
    return longest_path


def _has_tied_head(model: nn.Module) -> bool:
    modules = [getattr(model, getter, lambda: None)() for getter in ("get_input_embeddings", "get_output_embeddings")]
    weights = [getattr(module, "weight", None) for module in modules]
    return weights[0] is not None and weights[0] is weights[1]
