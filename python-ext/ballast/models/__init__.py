"""Causal language models in the Hugging Face form: found in folders, opened on a device for training, taken apart, saved."""

from ballast.models.opened_model import OpenedModel, checkpoint_gradients, evaluating, open_model, save_checkpoint

__all__ = ["OpenedModel", "checkpoint_gradients", "evaluating", "open_model", "save_checkpoint"]
