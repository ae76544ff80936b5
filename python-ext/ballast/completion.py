"""Prompts completed by a model until a stop string: what lm-eval calls `generate_until`.

Texts are those of lm-eval 0.4.13 at batch size 1 (`HFLM.generate_until`, `HFLM._model_generate`): transformers'
`generate` with the model's own `generation_config.json`, the same rule for when a stop string ends a row, the text
decoded without special tokens and cut at the stop strings one after the other.
"""

from contextlib import contextmanager

import numpy
import torch

from ballast.batches import check_ids
from ballast.errors import DivergedError, InvalidInputError
from ballast.models import OpenedModel

# How many tokens more than its own a stop string may have been written with (lm-eval's MultiTokenEOSCriteria).
TOKENS_TO_SPARE = 2


@torch.no_grad()
def complete(
    opened: OpenedModel,
    tokenizer,
    prompts: numpy.ndarray,
    rows: int,
    length: int,
    until: list[str],
    max_tokens: int,
    decoding: dict,
    seed: int,
) -> list[str]:
    """The text that the model writes after each prompt, up to the first stop string.

    A row's text does not depend on when other rows end. In a batch it is the text of batch size 1 unless padding, which
    changes sums of floats in their last digits, changes which of two nearly equal tokens is likelier.

    Args:
        opened: the model
        tokenizer: transformers', of the model
        prompts: int64 in native byte order: ids [rows, length], padded on the left; behind them [rows], the length of
            each prompt without padding. May be larger
        rows: how many prompts
        length: of the longest
        until: stop strings; EOS is one more. An empty one ends a text after its first token, as in lm-eval
        max_tokens: most tokens that are written, a stop string's among them
        decoding: keyword arguments of `generate`: do_sample; with it temperature; top_p, top_k…
        seed: of all draws where `do_sample`; they leave torch's generators as they were

    Raises:
        InvalidInputError: the ids are not the model's.
        DivergedError: the model answers NaN.
    """
    ids, mask = _read(prompts, rows, length, opened.vocabulary_size)
    padding = _padding_id(tokenizer)
    stops = StopStrings(tokenizer, with_end_of_text(tokenizer, until), length, rows)
    opened.model.eval()
    with _draws_of_its_own(opened.device, seed), opened.autocast():
        written = opened.model.generate(
            input_ids=ids.masked_fill(~mask, padding).to(opened.device),
            attention_mask=mask.long().to(opened.device),
            max_length=length + max_tokens,
            stopping_criteria=[stops],
            logits_processor=[_NoNaN()],
            pad_token_id=padding,
            use_cache=True,
            **decoding,
        )[:, length:].tolist()
    texts = [
        tokenizer.decode(row[:end], skip_special_tokens=True) for row, end in zip(written, stops.ends, strict=True)
    ]
    return [cut(text, stops.strings) for text in texts]


def with_end_of_text(tokenizer, until: list[str]) -> list[str]:
    """The stop strings with EOS among them, where the tokenizer has one."""
    if tokenizer.eos_token_id is None:
        return list(until)
    end = tokenizer.decode(tokenizer.eos_token_id, skip_special_tokens=False)
    return list(until) if end in until else [*until, end]


def cut(text: str, until: list[str]) -> str:
    """The text before the stop strings, one after the other: where two overlap, the first of the list decides."""
    for string in until:
        if string:
            text = text.split(string)[0]
    return text


class StopStrings:
    """A stopping criterion of transformers: ends a row once a stop string stands in its last tokens.

    lm-eval goes on until one and the same string has ended every row of the batch; what it writes meanwhile is cut off
    again.
    """

    def __init__(self, tokenizer, strings: list[str], prompt_length: int, rows: int):
        self.tokenizer = tokenizer
        self.strings = strings
        self.prompt_length = prompt_length
        # For each row how many tokens it has when it ends; None while it goes on, which slices to the whole row.
        self.ends: list[int | None] = [None] * rows
        self.by_window: dict[int, list[str]] = {}
        for string in strings:
            window = len(tokenizer.encode(string, add_special_tokens=False)) + TOKENS_TO_SPARE
            self.by_window.setdefault(window, []).append(string)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
        """[rows] bool. `input_ids` are [rows, prompt and what was written]."""
        written = input_ids[:, self.prompt_length :]
        for window, strings in self.by_window.items():
            for row, last in enumerate(written[:, -window:].tolist()):
                if self.ends[row] is None:
                    text = self.tokenizer.decode(last)
                    if any(string in text for string in strings):
                        self.ends[row] = written.shape[1]
        return torch.tensor([end is not None for end in self.ends], device=input_ids.device)


class _NoNaN:
    """A logits processor of transformers. Looks at the first token's scores alone, for each look waits for the device."""

    looked = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if not self.looked and scores.isnan().any():
            raise DivergedError(
                "evaluation: expected logits, found NaN: the model's parameters or activations are not finite; train "
                "with a smaller learning rate or in float32"
            )
        self.looked = True
        return scores


def _read(prompts: numpy.ndarray, rows: int, length: int, vocabulary_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """([rows, length] ids, [rows, length] True where there is no padding), both on the host."""
    numbers = numpy.asarray(prompts)
    needed = rows * length + rows
    if numbers.dtype != numpy.int64 or rows < 1 or length < 1 or numbers.size < needed:
        raise InvalidInputError(
            f"prompts: {rows} rows of {length} and their lengths need {needed} int64 in native byte order, found "
            f"{numbers.size} of {numbers.dtype}"
        )
    ids = torch.from_numpy(numbers)[: rows * length].view(rows, length)
    lengths = torch.from_numpy(numbers)[rows * length : needed]
    if not ((lengths >= 1) & (lengths <= length)).all():
        raise InvalidInputError(f"prompts: expected 1 to {length} tokens in each, found {lengths.tolist()}")
    check_ids("id", ids.reshape(-1), vocabulary_size, length)
    return ids, torch.arange(length) >= length - lengths[:, None]


def _padding_id(tokenizer) -> int:
    """lm-eval's choice (`configure_pad_token`); it matters where a penalty for repetition counts the prompt's ids."""
    for token in (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.eos_token_id):
        if token is not None:
            return token
    return 0


@contextmanager
def _draws_of_its_own(device: torch.device, seed: int):
    """Training that goes on after an evaluation must not depend on it."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
