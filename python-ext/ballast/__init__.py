"""Ballast: fine-tuning of causal language models that keeps what they already know (arXiv 2501.13669)."""

from ballast.anchors import Anchor
from ballast.artifacts import Run
from ballast.errors import (
    BallastError,
    DivergedError,
    EnvironmentMissingError,
    InvalidInputError,
    OrchestratorError,
    PluginError,
    StoppedError,
    TrainingFailedError,
)
from ballast.importance import Importance, finish_importance, layer_coefficients, weigh_layers
from ballast.integrations.retention_penalty import RetentionPenalty
from ballast.measurement.path_integral import PathIntegral
from ballast.models.layers import covered_parameters, group_layers
from ballast.retention.penalty import QuadraticPenalty
from ballast.running import run
from ballast.settings import PhaseSettings
from ballast.training import TrainingPhase

__version__ = "0.1.0"

__all__ = [
    "Anchor",
    "BallastError",
    "DivergedError",
    "EnvironmentMissingError",
    "Importance",
    "InvalidInputError",
    "OrchestratorError",
    "PathIntegral",
    "PhaseSettings",
    "PluginError",
    "QuadraticPenalty",
    "RetentionPenalty",
    "Run",
    "StoppedError",
    "TrainingFailedError",
    "TrainingPhase",
    "covered_parameters",
    "finish_importance",
    "group_layers",
    "layer_coefficients",
    "run",
    "weigh_layers",
]
