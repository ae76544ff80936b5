"""A phase of training: its steps and its optimizer, its state on disk, its memory foreseen, and the way to the next."""

from ballast.training.training_phase import TrainingPhase

__all__ = ["TrainingPhase"]
