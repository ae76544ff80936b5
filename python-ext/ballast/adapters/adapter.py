"""Adapters through PEFT: LoRA (Hu et al. 2021, arXiv 2106.09685) and its kin.

PEFT takes seconds to import, hence only where an adapter is asked for.
"""

import re
import warnings
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ballast import hub, models
from ballast.adapters import corda, target_modules
from ballast.adapters.corda import Samples
from ballast.adapters.target_modules import ALL_LINEAR
from ballast.errors import EnvironmentMissingError, InvalidInputError
from ballast.models import OpenedModel, checkpoints, quantization

LORA = "lora"
RSLORA = "rslora"
DORA = "dora"
QLORA = "qlora"
CORDA = "corda"
OSF = "osf"
KINDS = (LORA, RSLORA, DORA, QLORA, CORDA, OSF)
# "name" or "org/name", as the hub allows them.
HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
NOT_IN_PEFT = {
    "lora-null": 'LoRA-Null (arXiv 2503.02659): use "corda", which starts from activations of general text as well'
}


@dataclass(frozen=True)
class AdapterSettings:
    """What an adapter is told. There are no defaults here: the experiment's stand in one place, in Java.

    Attributes:
        kind: one of KINDS. "lora": W + s·BA with s = alpha / rank. "rslora": s = alpha / √rank (arXiv 2312.03732).
            "dora": the rows of W + s·BA at a length that is trained too (arXiv 2402.09353). "qlora": LoRA on a base in
            4 or 8 bits (arXiv 2305.14314), which is decided when the model is opened. "corda": BA begins as the part of W
            that general text uses least, knowledge-preserved mode (arXiv 2406.05223). "osf": of W's singular
            directions the largest are frozen and gradients kept orthogonal to them (arXiv 2504.07097)
        rank: r; None for OSF
        alpha: numerator of the scale; None for OSF
        dropout: on the adapter's input; None for OSF
        targets: module names, or "all-linear" or "mlp-only"; None for PEFT's choice
        preserved: for OSF: the share of each matrix's singular directions that is frozen; else None
    """

    kind: str
    rank: int | None
    alpha: float | None
    dropout: float | None
    targets: list[str] | None
    preserved: float | None


def add_lora(
    opened: OpenedModel, rank: int, alpha: float, dropout: float, targets: list[str] | None, seed: int
) -> None:
    """`add_adapter` for plain LoRA."""
    add_adapter(opened, AdapterSettings(LORA, rank, alpha, dropout, targets, None), seed)


def add_adapter(opened: OpenedModel, settings: AdapterSettings, seed: int, samples: Samples | None = None) -> None:
    """Wraps the model; from then on only the adapter is trained. It starts as the base model.

    Args:
        opened: without an adapter; for "qlora" opened in 4 or 8 bits
        settings: as an experiment has them
        seed: of A's initial values
        samples: for "corda": general text

    Raises:
        InvalidInputError: an unknown kind or target, a model that has an adapter already, or one that the kind cannot
            adapt.
        EnvironmentMissingError: PEFT or this machine lacks the kind.
    """
    from peft import get_peft_model

    _check(opened, settings)
    chosen = target_modules.resolve(opened.model, settings.targets)
    torch.manual_seed(seed)
    if settings.kind == OSF:
        config = _osf_config(opened.model, settings, chosen)
    else:
        config = _lora_config(opened.model, settings, chosen)
    if settings.kind == CORDA:
        corda.prepare(opened, config, samples)
    with _without_warnings_of_the_inside():
        opened.model = get_peft_model(opened.model, config)
    if settings.kind == CORDA:
        # PEFT has taken them out of the base's weights.
        opened.folded.append(_with_sign(_factors(opened.model), -1))
    opened.adapter = _described(settings, chosen)


def start_afresh(opened: OpenedModel, seed: int, merge: bool = False) -> None:
    """Folds a trained LoRA adapter into the base's weights, W ← W + s·BA, and starts it anew: A random, B = 0.

    The model computes what it did. Saved, it is one adapter on the original base with all that was folded; once anything
    was merged, it is a whole checkpoint.

    Args:
        opened: with an adapter; one that has not been trained (B = 0) is left as it is
        seed: of A's initial values
        merge: whether the base's weights have it for good: it is not kept as an adapter

    Raises:
        InvalidInputError: no adapter, or one of a kind whose update is no plain product on weights in full precision.
    """
    from peft.tuners.lora import LoraLayer

    kind = opened.adapter["kind"] if opened.adapter else "none"
    if kind not in (LORA, RSLORA, CORDA):
        raise InvalidInputError(
            f'expected an adapter of the kind lora, rslora or corda, to start a new one after it, found {kind}; set '
            '"adapter" accordingly'
        )
    factors = _factors(opened.model)
    opened.merged |= merge
    if not any(tensor.any() for name, tensor in factors.items() if "_B" in name):
        return
    torch.manual_seed(seed)
    with torch.no_grad():
        for module in opened.model.modules():
            if isinstance(module, LoraLayer):
                name = opened.model.active_adapter
                module.get_base_layer().weight += module.get_delta_weight(name)
                module.reset_lora_parameters(name, True)
    if not merge:
        opened.folded.append(factors)
        opened.former += 1


def former_directions(opened: OpenedModel) -> list[dict[str, Tensor]]:
    """For each adapter that was trained and folded: its A [r, in] by the name of its module."""
    return [
        {name.partition(".lora_A.")[0]: tensor for name, tensor in factors.items() if ".lora_A." in name}
        for factors in opened.folded[len(opened.folded) - opened.former :]
    ]


def open_model(
    path: str,
    dtype: str,
    device: str,
    gradient_checkpointing: bool,
    seed: int,
    bits: int | None = None,
    to_shard: bool = False,
) -> OpenedModel:
    """Opens a model folder, or the folder of a PEFT adapter on top of its base model.

    With `bits` the base's linear layers are held in so many, 4 or 8; an adapter that was trained on such a base asks for
    that by itself. `to_shard` is as for `models.open_model`.
    """
    folder = Path(path)
    if (folder / "adapter_config.json").exists() and not (folder / "config.json").exists():
        return _open_adapter(folder, dtype, device, gradient_checkpointing, seed, to_shard)
    return models.open_model(path, dtype, device, gradient_checkpointing, seed, bits, to_shard)


def base_folder(folder: Path) -> Path:
    """Where the base model of a saved adapter lies; one of the hub is brought here.

    Raises:
        InvalidInputError: it is no folder here, and no model of the hub.
        EnvironmentMissingError: it is neither here nor in the cache, and the hub gives no answer.
    """
    config = checkpoints.read_json(folder / "adapter_config.json")
    base = config.get("base_model_name_or_path")
    if base and Path(base).is_dir():
        return Path(base)
    if base and HUB_NAME.fullmatch(base):
        return hub.download_model(base, config.get("revision"), None, None)
    raise InvalidInputError(
        f"model.path: the adapter in {folder} is for the base model {base!r}, which is no folder here; "
        "set base_model_name_or_path in its adapter_config.json to where that model lies"
    )


def _open_adapter(
    folder: Path, dtype: str, device: str, gradient_checkpointing: bool, seed: int, to_shard: bool
) -> OpenedModel:
    """A saved adapter on the base model that it names, trainable."""
    from peft import PeftModel

    base = base_folder(folder)
    if not (folder / "adapter_model.safetensors").exists():
        raise InvalidInputError(
            f"model.path: {folder} has no adapter_model.safetensors; save the adapter as safetensors"
        )
    if checkpoints.read_json(folder / "adapter_config.json").get("megatron_config"):
        raise InvalidInputError(
            f"model.path: {folder} has an adapter for Megatron, for which PEFT would import whatever module its "
            "adapter_config.json names; take an adapter without megatron_config"
        )
    bits = quantization.bits_of(folder)
    opened = models.open_model(str(base), dtype, device, gradient_checkpointing, seed, bits, to_shard)
    with _without_warnings_of_the_inside():
        opened.model = PeftModel.from_pretrained(opened.model, str(folder), is_trainable=True)
    opened.adapter = _description(opened.model, bits is not None)
    opened.folder = folder
    opened.weights.append(folder / "adapter_model.safetensors")
    return opened


def _check(opened: OpenedModel, settings: AdapterSettings) -> None:
    if opened.adapter is not None:
        raise InvalidInputError(
            f"adapter: the model in {opened.folder} already has an adapter; open its base model instead"
        )
    if settings.kind in NOT_IN_PEFT:
        import peft

        raise EnvironmentMissingError(
            f"adapter.kind: PEFT {peft.__version__} does not have {NOT_IN_PEFT[settings.kind]}"
        )
    if settings.kind not in KINDS:
        raise InvalidInputError(f'adapter.kind: expected one of {", ".join(KINDS)}, found "{settings.kind}"')
    if (settings.kind == QLORA) != (opened.bits is not None):
        raise InvalidInputError(
            f"adapter.kind: expected qlora on a base in 4 or 8 bits and every other kind on one that is not, found "
            f"{settings.kind} on {opened.bits or 32} bits; open the model accordingly"
        )


def _lora_config(model: torch.nn.Module, settings: AdapterSettings, chosen: list[str]) -> Any:
    from peft import LoraConfig, TaskType
    from peft.tuners.lora.config import CordaConfig

    if settings.kind == CORDA:
        chosen = corda.spelled_out(model, chosen, settings.rank)
        start = {"init_lora_weights": "corda", "corda_config": CordaConfig(corda_method="kpm")}
    else:
        start = {}
    return LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=ALL_LINEAR if chosen == [ALL_LINEAR] else chosen,
        fan_in_fan_out=target_modules.stores_weights_transposed(model, chosen),
        use_rslora=settings.kind == RSLORA,
        use_dora=settings.kind == DORA,
        **start,
    )


def _osf_config(model: torch.nn.Module, settings: AdapterSettings, chosen: list[str]) -> Any:
    from peft import OSFConfig, TaskType

    if target_modules.stores_weights_transposed(model, chosen):
        raise InvalidInputError(
            f"adapter.kind: expected torch.nn.Linear modules for osf, found GPT-2's Conv1D in {type(model).__name__}, "
            "which PEFT's OSF leaves out; choose another kind"
        )
    for name, module in target_modules.matched_modules(model, chosen).items():
        directions = min(module.weight.shape)
        if not 1 <= int(directions * settings.preserved) < directions:
            raise InvalidInputError(
                f"adapter.preserved: expected a share that freezes some of the {directions} singular directions of "
                f"{name} and leaves some to train, found {settings.preserved}"
            )
    return OSFConfig(
        task_type=TaskType.CAUSAL_LM,
        effective_rank=settings.preserved,
        target_modules=ALL_LINEAR if chosen == [ALL_LINEAR] else chosen,
    )


def _factors(model: torch.nn.Module) -> dict[str, Tensor]:
    """Copies of the adapter's tensors, by the names that a saved adapter has."""
    from peft import get_peft_model_state_dict

    return {name: tensor.detach().cpu().clone() for name, tensor in get_peft_model_state_dict(model).items()}


def _with_sign(factors: dict[str, Tensor], sign: int) -> dict[str, Tensor]:
    """The factors of ±BA."""
    return {name: sign * tensor if "_B" in name else tensor for name, tensor in factors.items()}


def _described(settings: AdapterSettings, chosen: list[str]) -> dict[str, Any]:
    """The settings that the kind has, as plain JSON values."""
    told = asdict(settings) | {"targets": sorted(chosen)}
    return {name: value for name, value in told.items() if value is not None}


def _description(model: torch.nn.Module, quantized: bool) -> dict[str, Any]:
    """The configuration of an adapter that was opened (PEFT keeps sets and enumerations in it)."""
    config = model.peft_config[model.active_adapter]
    targets = [config.target_modules] if isinstance(config.target_modules, str) else sorted(config.target_modules)
    if config.peft_type == "OSF":
        return {"kind": OSF, "targets": targets, "preserved": config.effective_rank}
    kind = QLORA if quantized else LORA
    return {
        "kind": DORA if config.use_dora else RSLORA if config.use_rslora else kind,
        "rank": config.r,
        "alpha": config.lora_alpha,
        "dropout": config.lora_dropout,
        "targets": targets,
    }


@contextmanager
def _without_warnings_of_the_inside():
    """Who runs an experiment can do nothing about these."""
    with warnings.catch_warnings():
        # PEFT 0.21 reads a property that transformers 5.23 has renamed.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        # A rank that gets its adapter from the first one has it on the meta device.
        warnings.filterwarnings("ignore", ".*copying from a non-meta parameter in the checkpoint to a meta", UserWarning)
        yield
