"""What a model says about some text, kept to hold what was written of it against."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ballast import models
from ballast.models import OpenedModel
from ballast.models.tokenizer import open_tokenizer

# Real text of several kinds: a mistake in an attention mask, in positions or in rare tokens shows in some of it.
TEXTS = (
    "Once upon a time, there was a little girl who lived near the sea. One day she went to the beach with her",
    "Question: Which of the following drugs is given first in an acute attack of asthma?\nAnswer: The patient should",
    "def mean(values: list[float]) -> float:\n    return sum(values) / len(values)\n\n\nprint(mean([1.5, 2.25, 40]))",
    "Der Zug nach Zürich fährt um 14:37 Uhr ab; 東京 hat etwa 14 Millionen Einwohner, Ελλάδα 10,4.",
)
ROW_TOKENS = 48
GREEDY_TOKENS = 16


@dataclass(frozen=True)
class Row:
    """One text and how the model goes on.

    Attributes:
        ids: the prompt's tokens, then those that the model chose
        prompt: how many of them are the prompt's
        logits: [len(ids), vocabulary], fp32, on the CPU
    """

    ids: list[int]
    prompt: int
    logits: Tensor


@dataclass(frozen=True)
class Probe:
    """Rows that a model answered; to be held against answers of the same model in another form."""

    rows: list[Row]

    @classmethod
    def of(cls, opened: OpenedModel) -> "Probe":
        """Asks a model, in fp32.

        Raises:
            InvalidInputError: it has no tokenizer.
        """
        tokenizer = open_tokenizer(str(opened.tokenizer_folder))
        window = opened.info()["maxLength"]
        prompt = max(1, min(ROW_TOKENS, window - GREEDY_TOKENS))
        prompts = [tokenizer(text).input_ids[:prompt] for text in TEXTS]
        with models.evaluating(opened.model):
            return cls([_row(opened, ids, min(GREEDY_TOKENS, window - len(ids))) for ids in prompts if ids])


@torch.no_grad()
def _row(opened: OpenedModel, prompt: list[int], tokens: int) -> Row:
    """Greedy; the logits that are kept are of one pass over the whole row, which needs no cache to be right."""
    ids = new = torch.tensor([prompt], device=opened.device)
    past = None
    for _ in range(tokens):
        output = opened.model(input_ids=new, past_key_values=past, use_cache=True)
        past, new = output.past_key_values, output.logits[:, -1:].argmax(-1)
        ids = torch.cat([ids, new], 1)
    logits = opened.model(input_ids=ids, use_cache=False).logits[0]
    return Row(ids[0].tolist(), len(prompt), logits.float().cpu())
