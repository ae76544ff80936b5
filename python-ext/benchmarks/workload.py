"""What the benchmarks train: shapes of real models with random weights, rows without a text, a phase's settings."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy
import torch
from transformers import AutoModelForCausalLM, GPT2Config, GPTJConfig, LlamaConfig, PretrainedConfig
from transformers.utils import logging

from ballast import adapters
from ballast.models import OpenedModel
from ballast.models.devices import choose_device
from ballast.training.model_phase import ModelPhase

logging.disable_progress_bar()  # Of weights: no line of a benchmark.

ROWS = 8
LENGTH = 112
"""A step of the offline examples: 8 rows of at most 112 tokens."""


def llama_3_8b() -> LlamaConfig:
    """meta-llama/Meta-Llama-3-8B, section 3.2 of arXiv 2407.21783."""
    return LlamaConfig(
        vocab_size=128256,
        hidden_size=4096,
        intermediate_size=14336,
        num_hidden_layers=32,
        num_attention_heads=32,
        num_key_value_heads=8,
        tie_word_embeddings=False,
    )


SHAPES: Mapping[str, Callable[[], PretrainedConfig]] = {
    "GPT-2-124M": GPT2Config,  # transformers' own default.
    "GPT-J-6B": GPTJConfig,  # And here.
    "LLaMA-3-8B": llama_3_8b,
}


NO_GPU = "PyTorch sees no CUDA device"
"""Why what is asked of a GPU is missing."""


def device() -> torch.device:
    """The best there is."""
    return choose_device("auto")[0]


def devices() -> list[torch.device]:
    """The CPU, and the GPU where there is one."""
    return list(dict.fromkeys([torch.device("cpu"), device()]))


def random_model(configuration: PretrainedConfig, on: torch.device) -> OpenedModel:
    """A model of that shape, fp32, its weights as transformers draws them for training from nothing."""
    torch.manual_seed(0)
    with on:
        model = AutoModelForCausalLM.from_config(configuration, dtype=torch.float32)
    return OpenedModel(model, Path(), [], on, "the best there is", torch.float32, "what CPUs train in")


def open_folder(folder: Path, on: torch.device) -> OpenedModel:
    """The model in a folder, as a run opens it."""
    return adapters.open_model(str(folder), "float32", str(on), False, 0)


def add_lora(opened: OpenedModel) -> None:
    """LoRA of rank 8 on what PEFT adapts by default, which is query and value for most architectures."""
    adapters.add_lora(opened, 8, 16.0, 0.0, None, 0)


def random_slot(rows: int, length: int, vocabulary: int, seed: int) -> numpy.ndarray:
    """Documents of `length` random tokens, one a row, all scored but the first, laid out as Java does: four planes of
    [rows, length] int64, flat. See `ballast.forward.batches`."""
    planes = numpy.empty((4, rows, length), dtype=numpy.int64)
    planes[0] = numpy.random.default_rng(seed).integers(vocabulary, size=(rows, length))
    planes[1, :, :-1] = planes[0, :, 1:]
    planes[1, :, -1] = -100
    planes[2] = range(length)
    planes[3] = 1
    return planes.reshape(-1)


def targets(rows: int, length: int) -> int:
    """How many tokens of a `random_slot` are scored."""
    return rows * (length - 1)


def batch_of(opened: OpenedModel, rows: int, length: int, seed: int = 0) -> tuple:
    """What `ModelPhase.forward_backward` takes, as one step."""
    return random_slot(rows, length, opened.vocabulary_size, seed), rows, length, False, targets(rows, length)


def step_of(phase: ModelPhase, batch: tuple) -> Callable[[], None]:
    """What takes an optimizer step on a `batch_of` rows."""

    def step() -> None:
        phase.forward_backward(*batch)
        phase.training.step()

    return step


def phase_settings(**changes: Any) -> dict[str, Any]:
    """A plain phase as Java describes it, with changes by the experiment's keys; λ is `strength`."""
    settings = {
        "steps": 1000, "learningRate": 1e-5, "schedule": "constant", "warmupSteps": 0, "weightDecay": 0.0,
        "clipNorm": 1.0, "seed": 5, "importance": None, "independentGradient": False, "method": "none", "options": {},
        "lambda": changes.pop("strength", None), "form": None, "anchor": 0, "space": "factors",
        "layerCoefficients": "scaled", "layers": "block", "normalize": "mean", "permute": False,
    }  # fmt: skip
    return settings | changes


def finished_importance(phase):
    """The anchor of a `ModelPhase` that has measured importance, with Ballast's defaults."""
    phase.end()
    return phase.finish_importance(1.0, True, "end", "scaled", "block", "mean")
