"""Prompts completed by a model until a stop string: what lm-eval calls `generate_until`.

Texts are those of lm-eval 0.4.13 at batch size 1 (`HFLM.generate_until`, `HFLM._model_generate`): transformers'
`generate` with the model's own `generation_config.json`, the same rule for when a stop string ends a row, the text
decoded without special tokens and cut at the stop strings one after the other.
"""

import numpy
import torch

from ballast.errors import DivergedError, InvalidInputError
from ballast.forward.batches import check_ids
from ballast.models import OpenedModel

# How many tokens more than its own a stop string may have been written with (lm-eval's MultiTokenEOSCriteria).
TOKENS_TO_SPARE = 2


class Completion:
    """Prompts that are being completed, some tokens at a time; between two times the model is anybody's.

    A row's text does not depend on when other rows end. In a batch it is the text of batch size 1 unless padding, which
    changes sums of floats in their last digits, changes which of two nearly equal tokens is likelier. Nor does it depend
    on how many tokens are written at a time: keys, values and the state of the draws are kept in between.
    """

    def __init__(
        self,
        opened: OpenedModel,
        tokenizer,
        prompts: numpy.ndarray,
        rows: int,
        length: int,
        until: list[str],
        max_tokens: int,
        decoding: dict,
        seed: int,
    ):
        """Reads the prompts; writes nothing yet.

        Args:
            opened: the model
            tokenizer: transformers', of the model
            prompts: int64 in native byte order: ids [rows, length], padded on the left; behind them [rows], the length
                of each prompt without padding. May be larger. Not kept
            rows: how many prompts
            length: of the longest
            until: stop strings; EOS is one more. An empty one ends a text after its first token, as in lm-eval
            max_tokens: most tokens that are written, a stop string's among them
            decoding: keyword arguments of `generate`: do_sample; with it temperature; top_p, top_k…
            seed: of all draws where `do_sample`; they leave torch's generators as they were

        Raises:
            InvalidInputError: the ids are not the model's.
        """
        ids, mask = _read(prompts, rows, length, opened.vocabulary_size)
        self.opened = opened
        self.tokenizer = tokenizer
        self.decoding = decoding
        self.padding = _padding_id(tokenizer)
        self.prompt_length = length
        self.max_tokens = max_tokens
        self.stops = StopStrings(tokenizer, with_end_of_text(tokenizer, until), length, rows)
        self.ids = ids.masked_fill(~mask, self.padding).to(opened.device)
        self.mask = mask.long().to(opened.device)
        self.draws = _Draws(opened.device, seed)
        self.no_nan = _NoNaN()
        self.cache = None
        self.told = [""] * rows

    @torch.no_grad()
    def advance(self, tokens: int) -> bool:
        """Writes up to `tokens` more tokens in every row, and says whether all rows have ended.

        Raises:
            DivergedError: the model answers NaN.
        """
        if self.is_done():
            return True
        model = self.opened.model
        model.eval()
        goes_on = self._goes_on()
        last = self.prompt_length + self.max_tokens
        kept = {"past_key_values": self.cache} if self.cache is not None else {}
        with self.draws, self.opened.autocast():
            written = model.generate(
                input_ids=self.ids,
                attention_mask=self.mask,
                max_length=min(last, self.ids.shape[1] + tokens) if goes_on else last,
                stopping_criteria=[self.stops],
                logits_processor=[self.no_nan],
                pad_token_id=self.padding,
                use_cache=True,
                synced_gpus=False,  # Ranks complete prompts each for itself: see `sharding.begin_apart`.
                return_dict_in_generate=goes_on,
                **kept,
                **self.decoding,
            )
        if goes_on:
            written, self.cache = written.sequences, written.past_key_values
        self.stops.end_at(self._ends_of_model(), written)
        self.mask = torch.nn.functional.pad(self.mask, (0, written.shape[1] - self.ids.shape[1]), value=1)
        self.ids = written
        return self.is_done()

    def is_done(self) -> bool:
        return self.ids.shape[1] >= self.prompt_length + self.max_tokens or None not in self.stops.ends

    def texts(self) -> list[str]:
        """[rows] what was written, cut at the stop strings."""
        written = self.ids[:, self.prompt_length :].tolist()
        return [
            cut(self.tokenizer.decode(row[:end], skip_special_tokens=True), self.stops.strings)
            for row, end in zip(written, self.stops.ends, strict=True)
        ]

    def pieces(self) -> list[str]:
        """[rows] what was written since the last time, as far as nothing that follows can change it any more."""
        pieces = []
        for row, text in enumerate(self.texts()):
            ended = self.is_done() or self.stops.ends[row] is not None
            certain = text if ended else _certain(text, self.stops.strings)
            pieces.append(certain[len(self.told[row]) :])
            self.told[row] = max(self.told[row], certain, key=len)
        return pieces

    def _goes_on(self) -> bool:
        """Whether this model's keys and values can be handed to another `generate`."""
        base = getattr(self.opened.model, "get_base_model", lambda: self.opened.model)()
        return base._supports_default_dynamic_cache()

    def _ends_of_model(self) -> list[int]:
        """Token ids after which transformers itself ends a row: of the generation config, which may know more than EOS."""
        ends = self.opened.model.generation_config.eos_token_id
        return ends if isinstance(ends, list) else [] if ends is None else [ends]


def _certain(text: str, stops: list[str]) -> str:
    """The text without an unfinished character, and without what may become a stop string."""
    text = text.rstrip("\N{REPLACEMENT CHARACTER}")
    longest = max((len(stop) for stop in stops), default=0)
    for start in range(max(0, len(text) - longest), len(text)):
        if any(stop.startswith(text[start:]) for stop in stops):
            return text[:start]
    return text


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

    def end_at(self, tokens: list[int], input_ids: torch.Tensor) -> None:
        """Ends the rows in which one of `tokens` was written: transformers has padded them since."""
        for row, written in enumerate(input_ids[:, self.prompt_length :].tolist()):
            found = [written.index(token) + 1 for token in tokens if token in written]
            if self.ends[row] is None and found:
                self.ends[row] = min(found)


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


class _Draws:
    """Random draws of one completion: they begin at the seed and go on where they stopped. Training that goes on in
    between must not depend on them."""

    def __init__(self, device: torch.device, seed: int):
        self.devices = [device] if device.type == "cuda" else []
        self.seed = seed
        self.states: list[torch.Tensor] | None = None

    def __enter__(self) -> None:
        self.fork = torch.random.fork_rng(devices=self.devices)
        self.fork.__enter__()
        if self.states is None:
            torch.manual_seed(self.seed)
            return
        torch.set_rng_state(self.states[0])
        for device, state in zip(self.devices, self.states[1:], strict=True):
            torch.cuda.set_rng_state(state, device)

    def __exit__(self, *raised: object) -> None:
        self.states = [torch.get_rng_state(), *(torch.cuda.get_rng_state(device) for device in self.devices)]
        self.fork.__exit__(*raised)
