"""Text that a model writes itself."""

import numpy
import torch

from ballast.errors import InvalidInputError
from ballast.models import OpenedModel

NO_TOKEN = -1


@torch.no_grad()
def generate(
    opened: OpenedModel,
    first_token: int,
    end_token: int,
    temperature: float,
    top_p: float,
    seed: int,
    rows: int,
    tokens: int,
    output: numpy.ndarray,
) -> None:
    """Samples `rows` documents, each from `first_token` on, until `end_token` or `tokens` tokens.

    Args:
        opened: the model; with an adapter, as it stands with it
        first_token: what each document begins with, usually BOS; not written
        end_token: what ends a document; not written
        temperature: divides the logits, > 0
        top_p: nucleus: the likeliest tokens that together have at least this probability
        seed: of all draws; the same call gives the same documents on the same machine
        rows: how many
        tokens: most of them in a document
        output: [rows, tokens] int64 in native byte order, filled; NO_TOKEN after a document's end
    """
    from transformers import GenerationConfig

    ids = numpy.asarray(output)
    if ids.dtype != numpy.int64 or ids.size < rows * tokens:
        raise InvalidInputError(
            f"output: expected {rows * tokens} int64 in native byte order, found {ids.size} of {ids.dtype}"
        )
    config = GenerationConfig(
        do_sample=True, temperature=temperature, top_p=top_p, top_k=0, max_new_tokens=tokens,
        bos_token_id=first_token, eos_token_id=end_token, pad_token_id=end_token,
    )  # fmt: skip
    prompt = torch.full((rows, 1), first_token, dtype=torch.long, device=opened.device)
    opened.model.eval()
    torch.manual_seed(seed)
    with opened.autocast():
        written = opened.model.generate(
            input_ids=prompt, attention_mask=torch.ones_like(prompt), generation_config=config, synced_gpus=False
        )[:, 1:]
    ended = (written == end_token).cumsum(1) > 0
    documents = torch.full((rows, tokens), NO_TOKEN, dtype=torch.long)
    documents[:, : written.shape[1]] = written.masked_fill(ended, NO_TOKEN).cpu()
    torch.from_numpy(ids)[: rows * tokens].view(rows, tokens).copy_(documents)
