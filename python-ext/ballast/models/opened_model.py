"""Opens Hugging Face causal language models for training, and saves them so that anything reads them."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch.utils.hooks import RemovableHandle

from ballast import ranks
from ballast.errors import InvalidInputError
from ballast.kernels import shards
from ballast.memory import is_out_of_memory
from ballast.models import checkpoints, layers, lora_files, quantization
from ballast.models.context_window import context_window
from ballast.models.devices import choose_device, choose_dtype, choose_threads, device_name

logger = logging.getLogger(__name__)


@dataclass
class OpenedModel:
    """A causal language model on its device: fp32 parameters, `dtype` the arithmetic of forward and backward."""

    model: torch.nn.Module
    folder: Path
    weights: list[Path]
    device: torch.device
    device_reason: str
    dtype: torch.dtype
    dtype_reason: str
    # In how many bits the base's linear layers are held, where not in 32: see `quantization`.
    bits: int | None = None
    # The adapter's settings, once there is one.
    adapter: dict | None = None
    # Adapters whose products the base's weights hold beside their own: saved with the one that is trained. By the names
    # of saved tensors; what was taken out of the base has the sign in B.
    folded: list[dict[str, torch.Tensor]] = field(default_factory=list)
    # How many of them were trained.
    former: int = 0
    # Whether the base's weights hold an adapter for good: then a whole checkpoint is saved.
    merged: bool = False
    # Its blocks with their compiled forward passes, where it trains with them: see `compilation`.
    compiled: list[tuple[torch.nn.Module, Callable]] = field(default_factory=list)
    # Of a model that is sharded, while its ranks compute each for itself: see `sharding.begin_apart`.
    apart: RemovableHandle | None = None

    @property
    def vocabulary_size(self) -> int:
        """Rows of the input embedding: an id must be smaller."""
        return self.model.get_input_embeddings().weight.shape[0]

    @property
    def base_folder(self) -> Path:
        """Where the whole model lies that an adapter is on, or that this one is."""
        return self.weights[0].parent

    @property
    def tokenizer_folder(self) -> Path:
        """Where its tokenizer lies: an adapter that was saved without one has its base's."""
        return self.folder if (self.folder / "tokenizer.json").is_file() else self.base_folder

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype is torch.bfloat16)

    def info(self) -> dict:
        """What a run records about its model."""
        config = self.model.config
        parameters = list(self.model.parameters())
        return {
            "architecture": (config.architectures or [type(self.model).__name__])[0],
            "modelType": config.model_type,
            "parameters": sum(parameter.numel() for parameter in parameters),
            "trainable": sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
            "bytes": sum(parameter.numel() * parameter.element_size() for parameter in parameters),
            "blocks": _count_blocks(self.model),
            "tiedEmbeddings": self.model.get_input_embeddings().weight is self.model.get_output_embeddings().weight,
            "vocabularySize": self.vocabulary_size,
            "maxLength": context_window(config, self.tokenizer_folder),
            "folder": str(self.folder),
            "tokenizerFolder": str(self.tokenizer_folder),
            "weights": [str(file) for file in self.weights],
            "device": str(self.device),
            "deviceName": device_name(self.device),
            "deviceReason": self.device_reason,
            "dtype": str(self.dtype).removeprefix("torch."),
            "dtypeReason": self.dtype_reason,
            "adapter": self.adapter,
        }

    def save(self, folder: Path) -> None:
        """A PEFT adapter where there is one that was not merged, else a whole checkpoint; the tokenizer too.

        Of a model that is spread over ranks all of them call this, and the first one writes.
        """
        whole = self._gathered()
        if ranks.is_first():
            checkpoints.write_folder(folder, lambda partial: self._write(partial, whole))

    def _gathered(self) -> dict[str, torch.Tensor] | None:
        """What is saved, whole and on the CPU, where ranks hold it cut; tied tensors are one."""
        cut = {name: each for name, each in self.model.state_dict(keep_vars=True).items() if shards.is_sharded(each)}
        if self.adapter is not None:
            cut = {name: each for name, each in cut.items() if each.requires_grad}
        gathered = {id(each): shards.whole(each.detach()).cpu() for each in dict.fromkeys(cut.values())}
        return {name: gathered[id(each)] for name, each in cut.items()} or None

    def _write(self, folder: Path, weights: dict[str, torch.Tensor] | None) -> None:
        if self.merged:
            save_checkpoint(self.model.get_base_model(), self.folder, folder, lora_files.merged_weights(self.model))
        elif self.adapter is not None:
            # PEFT would otherwise ask the hub whether the vocabulary was resized.
            self.model.save_pretrained(folder, save_embedding_layers=False, state_dict=weights)
            (folder / "README.md").unlink(missing_ok=True)  # An empty form; the run folder has the model card.
            if self.folded:
                lora_files.write_on_original_base(folder, self.folded)
            if self.bits is not None:
                quantization.write_note(folder, self.bits)
        else:
            save_checkpoint(self.model, self.folder, folder, weights)
        checkpoints.copy_tokenizer(self.tokenizer_folder, folder)


def open_model(
    path: str,
    dtype: str,
    device: str,
    gradient_checkpointing: bool,
    seed: int,
    bits: int | None = None,
    to_shard: bool = False,
) -> OpenedModel:
    """Opens a model folder; `adapters.open_model` opens one that holds an adapter too.

    With `to_shard` no device has it yet: of several ranks the first one holds it on the CPU, and the others on the meta
    device, which has shapes and no values, until `sharding.shard` deals it out.

    Raises:
        InvalidInputError: the folder is not a model that can be trained, or a setting cannot be met.
        EnvironmentMissingError: `bits`, and this machine lacks what such a model takes.
    """
    torch.manual_seed(seed)
    folder = Path(path)
    checkpoints.check_model_folder(folder)
    weights = checkpoints.weight_files(folder)
    on_device, device_reason = choose_device(device)
    in_dtype, dtype_reason = choose_dtype(dtype, on_device)
    logger.info("%s on %s: %s; %s: %s", folder.name, on_device, device_reason, dtype, dtype_reason)
    if on_device.type == "cuda":
        torch.cuda.set_device(on_device)  # Memory statistics and pinned copies are those of the current device.
    if bits is not None:
        model = _load_quantized(folder, on_device, in_dtype, bits)
    elif to_shard and ranks.size() > 1:
        model = _load(folder) if ranks.is_first() else _load(folder, device_map={"": "meta"})
    else:
        model = _load(folder).to(on_device)
    threads, threads_reason = choose_threads(model.num_parameters(), on_device)
    torch.set_num_threads(threads)
    logger.info("%d thread(s) on the CPU: %s", threads, threads_reason)
    if gradient_checkpointing:
        checkpoint_gradients(model)
    return OpenedModel(model, folder, weights, on_device, device_reason, in_dtype, dtype_reason, bits)


def _count_blocks(model: torch.nn.Module) -> int:
    groups = layers.group_layers(model, [name for name, _ in model.named_parameters()], "block")
    return sum(layer.startswith("block.") for layer in groups)


def _load_quantized(folder: Path, device: torch.device, dtype: torch.dtype, bits: int) -> torch.nn.Module:
    """Linear layers in 4 or 8 bits; the rest in fp32 and frozen, as an adapter is to be trained on it."""
    from peft import prepare_model_for_kbit_training

    config = quantization.configuration(bits, device, dtype)
    model = _load(folder, quantization_config=config, device_map={"": device})
    return prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)


def _load(folder: Path, **how: object) -> torch.nn.Module:
    from transformers import AutoModelForCausalLM

    config = checkpoints.read_json(folder / "config.json")
    if "quantization_config" in config:
        raise InvalidInputError(
            f"model.path: {folder} holds quantized weights, which cannot be trained; use the model they were made from"
        )
    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            **how,
        )
    except Exception as error:  # What a folder may have wrong is without end; what the machine lacks is told apart.
        if is_out_of_memory(error):
            raise
        raise InvalidInputError(f"model.path: {folder} cannot be opened as a causal language model: {error}") from error
    _check_complete(folder, report)
    return model


@contextmanager
def evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Without dropout inside."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def checkpoint_gradients(model: torch.nn.Module) -> None:
    if not model.supports_gradient_checkpointing:
        raise InvalidInputError(f"model.gradientCheckpointing: {type(model).__name__} cannot do it; set it to false")
    # transformers renamed it, and warns of the old name.
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    # The reentrant form ignores parameters where no input needs a gradient, which is so with LoRA.
    enable({"use_reentrant": False})


def _check_complete(folder: Path, report: dict) -> None:
    """transformers fills what a checkpoint lacks with random numbers and only warns; nobody means to train those."""
    lacking = sorted(report["missing_keys"]) + sorted(str(key) for key in report["mismatched_keys"])
    if lacking:
        shown = ", ".join(lacking[:5]) + (f" and {len(lacking) - 5} more" if len(lacking) > 5 else "")
        raise InvalidInputError(
            f"model.path: the weights in {folder} do not fill its config.json: {shown} are missing or of another shape"
        )


def save_checkpoint(
    model: torch.nn.Module, source: Path, folder: Path, weights: dict[str, torch.Tensor] | None = None, **how: object
) -> None:
    """The model, with other weights where they are given; `how` goes to transformers' `save_pretrained`.

    Generation settings are copied, not written anew: transformers refuses to write some that real models ship.
    """
    generation = model.generation_config
    model.generation_config = type(generation)()
    try:
        model.save_pretrained(folder, state_dict=weights, **how)
    finally:
        model.generation_config = generation
    original = source / "generation_config.json"
    if original.exists():
        (folder / original.name).write_bytes(original.read_bytes())
    else:
        (folder / original.name).unlink(missing_ok=True)
