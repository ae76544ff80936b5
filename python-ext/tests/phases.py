"""What tests of training stand on: settings with every key, and a model with its batch."""

import warnings

import torch
from tiny_models import CONFIGURATIONS, VOCABULARY_SIZE, WITH_HEAD_NORMS
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import AutoModelForCausalLM

from ballast import Anchor, PhaseSettings, TrainingPhase, covered_parameters, methods
from ballast.importance import PATH_INTEGRAL
from ballast.methods import PhaseStart
from ballast.retention import Retention

SETTINGS = {
    "steps": 6,
    "learningRate": 1e-3,
    "schedule": "constant",
    "warmupSteps": 0,
    "weightDecay": 0.0,
    "clipNorm": 0.0,
    "dtype": "float32",
    "seed": 5,
    "importance": None,
    "independentGradient": False,
    "method": "none",
    "options": {},
    "lambda": None,
    "form": "proximal",
    "anchor": 0,
    "layerCoefficients": "scaled",
    "layers": "block",
    "space": "factors",
    "normalize": "mean",
    "permute": False,
}


def settings(**changes) -> PhaseSettings:
    """The settings above with changes; λ is `strength`."""
    if "strength" in changes:
        changes["lambda"] = changes.pop("strength")
    return PhaseSettings.from_dict(SETTINGS | changes)


def retain(method: str, model: torch.nn.Module, anchor: Anchor | None = None, **changes) -> Retention:
    """What a method holds a phase back with that starts where the model stands."""
    return methods.retain(PhaseStart(model, covered_parameters(model), anchor, settings(method=method, **changes)))


def tiny_model(name: str = "llama-tied") -> torch.nn.Module:
    """A random model of an architecture of `tiny_models`, the same at every call."""
    torch.manual_seed(11)
    return AutoModelForCausalLM.from_config((CONFIGURATIONS | WITH_HEAD_NORMS)[name](), dtype=torch.float32)


def lora_model(name: str = "llama-tied") -> torch.nn.Module:
    """The model with a LoRA adapter on every linear layer of its blocks; B is not zero, so A has a gradient too."""
    from peft import LoraConfig, get_peft_model

    model = tiny_model(name)
    config = LoraConfig(
        r=2, target_modules="all-linear", init_lora_weights=False, fan_in_fan_out=name == "gpt2", task_type="CAUSAL_LM"
    )
    with warnings.catch_warnings():
        # PEFT 0.21 reads a property that transformers 5.23 has renamed.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        return get_peft_model(model, config)


def batch(seed: int = 1, rows: int = 4) -> torch.Tensor:
    """[rows, 12] int64 random ids."""
    return torch.randint(VOCABULARY_SIZE, (rows, 12), generator=torch.Generator().manual_seed(seed))


def mean_loss(model: torch.nn.Module, ids: torch.Tensor) -> torch.Tensor:
    """0-dim: the mean cross entropy of every next token."""
    return model(input_ids=ids, labels=ids).loss


def train(phase: TrainingPhase, ids: torch.Tensor, steps: int = 6) -> TrainingPhase:
    """Full-batch steps on `ids`."""
    for _ in range(steps):
        phase.backward(mean_loss(phase.model, ids))
        phase.step()
    return phase


def measured_anchor(model: torch.nn.Module, space: str = "factors", importance: str = PATH_INTEGRAL, **changes):
    """The anchor of a short general phase of `model`."""
    phase = train(TrainingPhase(model, settings(importance=importance, space=space)), batch(seed=2))
    phase.end()
    arguments = {"reference": "end", "layer_coefficients": "scaled", "layers": "block", "normalize": "mean"}
    return phase.finish_importance(1.0, True, **(arguments | changes))


def values(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Copies of all parameters."""
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def same_bits(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


class LargestMade(TorchDispatchMode):
    """Numbers in the largest tensor with memory of its own that is made inside."""

    numbers = 0

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        given = {leaf.untyped_storage().data_ptr() for leaf in tree_leaves(arguments) if isinstance(leaf, torch.Tensor)}
        made = function(*arguments, **(keywords or {}))
        for leaf in tree_leaves(made):
            if isinstance(leaf, torch.Tensor) and leaf.untyped_storage().data_ptr() not in given:
                self.numbers = max(self.numbers, leaf.numel())
        return made
