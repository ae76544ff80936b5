"""LoRA (Hu et al. 2021, arXiv 2106.09685) through PEFT.

PEFT takes seconds to import, hence only where an adapter is asked for.
"""

import logging
import warnings
from contextlib import contextmanager
from pathlib import Path

import torch

from ballast import checkpoints, models
from ballast.errors import InvalidInputError
from ballast.models import OpenedModel

logger = logging.getLogger(__name__)

ALL_LINEAR = "all-linear"


def add_lora(
    opened: OpenedModel, rank: int, alpha: float, dropout: float, targets: list[str] | None, seed: int
) -> None:
    """Wraps the model; from then on only the adapter's A and B are trained. It starts as the base model: B = 0."""
    from peft import LoraConfig, TaskType, get_peft_model

    if opened.adapter is not None:
        raise InvalidInputError(
            f"adapter: the model in {opened.folder} already has an adapter; open its base model instead"
        )
    _check_targets(opened.model, targets)
    chosen = targets or default_targets(opened.model.config.model_type)
    config = LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=ALL_LINEAR if chosen == [ALL_LINEAR] else chosen,
        fan_in_fan_out=_stores_weights_transposed(opened.model, chosen),
    )
    torch.manual_seed(seed)
    with _without_warning_of_renamed_property():
        opened.model = get_peft_model(opened.model, config)
    opened.adapter = _description(opened.model)


def default_targets(model_type: str) -> list[str]:
    """PEFT's choice for the architecture; every linear module where PEFT has none."""
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as known

    chosen = list(known.get(model_type, [ALL_LINEAR]))
    reason = "PEFT's choice" if model_type in known else "PEFT knows no choice"
    logger.info("LoRA targets %s: %s for %s", ", ".join(chosen), reason, model_type)
    return chosen


def open_model(path: str, dtype: str, device: str, gradient_checkpointing: bool, seed: int) -> OpenedModel:
    """Opens a model folder, or the folder of a PEFT adapter on top of its base model."""
    folder = Path(path)
    if (folder / "adapter_config.json").exists() and not (folder / "config.json").exists():
        return _open_adapter(folder, dtype, device, gradient_checkpointing, seed)
    return models.open_model(path, dtype, device, gradient_checkpointing, seed)


def _open_adapter(folder: Path, dtype: str, device: str, gradient_checkpointing: bool, seed: int) -> OpenedModel:
    """A saved adapter on the base model that it names, trainable."""
    from peft import PeftModel

    base = checkpoints.read_json(folder / "adapter_config.json").get("base_model_name_or_path")
    if not base or not Path(base).is_dir():
        raise InvalidInputError(
            f"model.path: the adapter in {folder} is for the base model {base!r}, which is no folder here; "
            "set base_model_name_or_path in its adapter_config.json to where that model lies"
        )
    if not (folder / "adapter_model.safetensors").exists():
        raise InvalidInputError(
            f"model.path: {folder} has no adapter_model.safetensors; save the adapter as safetensors"
        )
    opened = models.open_model(base, dtype, device, gradient_checkpointing, seed)
    with _without_warning_of_renamed_property():
        opened.model = PeftModel.from_pretrained(opened.model, str(folder), is_trainable=True)
    opened.adapter = _description(opened.model)
    opened.folder = folder
    opened.weights.append(folder / "adapter_model.safetensors")
    return opened


def adaptable_modules(model: torch.nn.Module) -> dict[str, torch.nn.Module]:
    """Modules that PEFT's LoRA can stand beside, by their full name."""
    from transformers.pytorch_utils import Conv1D

    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, (torch.nn.Linear, torch.nn.Embedding, Conv1D))
    }


def _check_targets(model: torch.nn.Module, targets: list[str] | None) -> None:
    modules = adaptable_modules(model)
    for target in targets or []:
        if target != ALL_LINEAR and not any(_matches(name, target) for name in modules):
            existing = ", ".join(sorted({name.rpartition(".")[2] for name in modules}))
            raise InvalidInputError(
                f"adapter.targets: {target!r} matches no module of {type(model).__name__}; it has {existing} "
                f"(in full for instance {next(iter(reversed(modules)))})"
            )


def _matches(name: str, target: str) -> bool:
    return name == target or name.endswith("." + target)


def _stores_weights_transposed(model: torch.nn.Module, targets: list[str]) -> bool:
    """GPT-2 keeps its linear weights as [in, out]; PEFT wants to be told."""
    from transformers.pytorch_utils import Conv1D

    return any(
        isinstance(module, Conv1D) and (targets == [ALL_LINEAR] or any(_matches(name, target) for target in targets))
        for name, module in adaptable_modules(model).items()
    )


def _description(model: torch.nn.Module) -> dict:
    """The adapter's configuration as plain JSON values (PEFT keeps sets and enumerations in it)."""
    config = model.peft_config[model.active_adapter]
    return {
        "kind": "lora",
        "rank": config.r,
        "alpha": config.lora_alpha,
        "dropout": config.lora_dropout,
        "targets": [config.target_modules] if isinstance(config.target_modules, str) else sorted(config.target_modules),
    }


@contextmanager
def _without_warning_of_renamed_property():
    """PEFT 0.21 reads a property that transformers 5.23 has renamed; who runs an experiment can do nothing about it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        yield
