"""How many tokens a model reads at once."""

from pathlib import Path
from typing import Any

from ballast.models import checkpoints

CONFIGURED = ("n_positions", "max_position_embeddings", "n_ctx")
"""Where configurations say it, in the order in which lm-eval 0.4.13 looks (`resolve_max_length`)."""

UNSAID = 2048
"""What lm-eval takes where nothing says it."""

UNLIMITED = 10**9
"""transformers writes a tokenizer without a limit as one of 10³⁰ tokens."""


def window_of(folder: Path) -> int:
    """`context_window` of the model in a folder."""
    return context_window(checkpoints.read_configuration(folder), folder)


def context_window(config: Any, folder: Path) -> int:
    """The configuration's length, of a composite model its text part's; else the tokenizer's; else 2,048, as lm-eval.

    Args:
        config: of transformers
        folder: with `tokenizer_config.json`, if there is one
    """
    config = getattr(config, "text_config", None) or config
    for name in CONFIGURED:
        if (length := getattr(config, name, None)) is not None:
            return int(length)
    file = folder / "tokenizer_config.json"
    length = checkpoints.read_json(file).get("model_max_length") if file.is_file() else None
    return int(length) if length is not None and length < UNLIMITED else UNSAID
