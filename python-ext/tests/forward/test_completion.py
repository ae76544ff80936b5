"""Texts of a `Completion` are those of lm-eval's `HFLM.generate_until`, to the character."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch
from tiny_models import MAX_LENGTH
from transformers import AutoModelForCausalLM

from ballast.adapters import AdapterSettings, add_adapter
from ballast.errors import DivergedError, InvalidInputError
from ballast.forward.completion import Completion, cut
from ballast.models import open_model
from ballast.models.tokenizer import open_tokenizer

SCRIPT = Path(__file__).parents[1] / "lm_eval_generations.py"
STORIES = Path(os.environ.get("BALLAST_SHARED", Path(__file__).parents[4] / "shared")) / "models" / "stories15M"
GREEDY = {"do_sample": False}
PROMPTS = [
    "Once upon a time there was",
    "The patient was given 20 mg of",
    "Question: What carries oxygen in the blood?\nAnswer:",
    "<s>user",
    "東京 is 𝄞",
    "y",
]
LONG = "Once upon a time there was a boat. " * 30


def packed(prompts: list[list[int]]) -> tuple[numpy.ndarray, int, int]:
    """(numbers, rows, length) as Java packs them, with something behind."""
    length = max(map(len, prompts))
    padded = [[0] * (length - len(ids)) + ids for ids in prompts]
    numbers = [number for row in padded for number in row] + [len(ids) for ids in prompts] + [-7, -7]
    return numpy.array(numbers, dtype=numpy.int64), len(prompts), length


def complete(*prompts) -> list[str]:
    completion = Completion(*prompts)
    completion.advance(completion.max_tokens)
    return completion.texts()


def completed(folder, prompts, until=(), max_tokens=20, decoding=GREEDY, seed=1, batch=1, window=MAX_LENGTH):
    """By `complete`, in batches of the prompts in lm-eval's order: longest first."""
    opened = open_model(str(folder), "float32", "cpu", False, 0)
    torch.set_num_threads(1)
    tokenizer = open_tokenizer(str(folder))
    ids = [tokenizer.encode(text, add_special_tokens=not text.startswith("<s>")) for text in prompts]
    order = sorted(range(len(prompts)), key=lambda i: (-len(ids[i]), prompts[i]))
    texts = [""] * len(prompts)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        numbers, rows, length = packed([ids[i][-(window - max_tokens) :] for i in chosen])
        written = complete(opened, tokenizer, numbers, rows, length, list(until), max_tokens, decoding, seed)
        for i, text in zip(chosen, written, strict=True):
            texts[i] = text
    return texts


def changed(model_folder, tmp_path, name: str, file: str, **values) -> Path:
    """A tiny model with other values in one of its JSON files."""
    folder = Path(shutil.copytree(model_folder(name), tmp_path / f"{name}-{'-'.join(values)}"))
    content = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(content | values))
    return folder


def writing(model_folder, tmp_path, name: str, token: int, like: int) -> Path:
    """A tiny model that writes `token` where it would have written `like`."""
    model = AutoModelForCausalLM.from_pretrained(model_folder(name))
    folder = Path(shutil.copytree(model_folder(name), tmp_path / f"{name}-writes-{token}"))
    with torch.no_grad():
        head = model.lm_head.weight
        head[token] = head[like] * 1.05
    model.save_pretrained(folder)
    return folder


def often(folder) -> int:
    """A token that the model writes in the middle of many texts: no special one."""
    tokenizer = open_tokenizer(str(folder))
    model = AutoModelForCausalLM.from_pretrained(folder)
    ids = tokenizer(PROMPTS[0], return_tensors="pt")
    written = model.generate(**ids, do_sample=False, max_new_tokens=12)[0, ids["input_ids"].shape[1] :]
    return int(written[6])


@pytest.fixture(scope="module")
def cases(model_folder, tmp_path_factory) -> dict:
    """Arguments of `completed` by name, all different in what they are about."""
    tmp_path = tmp_path_factory.mktemp("changed")
    llama, gpt2, gptj, qwen2 = (model_folder(name) for name in ("llama-untied", "gpt2", "gptj", "qwen2"))
    free = completed(llama, PROMPTS)
    spanning = free[0][3:9]  # Begins and ends inside of tokens.
    common = often(llama)
    ends = writing(model_folder, tmp_path, "llama-untied", 2, common)
    several = {"eos_token_id": [2, common]}
    cases = {
        "no stop string": {"folder": llama, "prompts": PROMPTS},
        "GPT-2": {"folder": gpt2, "prompts": PROMPTS},
        "GPT-J": {"folder": gptj, "prompts": PROMPTS},
        "Qwen2": {"folder": qwen2, "prompts": PROMPTS},
        "several stop strings": {"folder": llama, "prompts": PROMPTS, "until": ["\n\n", "oat", free[1][5], " a"]},
        "overlapping stop strings": {"folder": llama, "prompts": PROMPTS[:1], "until": [free[0][5:8], free[0][4:7]]},
        "a stop string across tokens": {"folder": llama, "prompts": PROMPTS, "until": [spanning]},
        "an empty stop string": {"folder": llama, "prompts": PROMPTS, "until": [""]},
        "half a character": {"folder": llama, "prompts": PROMPTS, "until": ["\ufffd"]},
        "longer than the window": {"folder": llama, "prompts": [LONG, "x" + LONG]},
        "EOS": {"folder": ends, "prompts": PROMPTS},
        "EOS that is named": {"folder": ends, "prompts": PROMPTS, "until": ["</s>", "zzz"]},
        "several EOS": {
            "folder": changed(model_folder, tmp_path, "llama-untied", "generation_config.json", **several),
            "prompts": PROMPTS,
        },
        "the model's own generation settings": {
            "folder": changed(model_folder, tmp_path, "gpt2", "generation_config.json", repetition_penalty=1.7),
            "prompts": PROMPTS,
        },
        "256 tokens": {
            "folder": changed(model_folder, tmp_path, "qwen2", "config.json", max_position_embeddings=300),
            "prompts": [*PROMPTS[:2], LONG], "max_tokens": 256, "window": 300,
        },
        **{
            f"sampled, temperature {temperature}, seed {seed}": {
                "folder": llama, "prompts": PROMPTS[:1], "until": ["zz"], "seed": seed,
                "decoding": {"do_sample": True, "temperature": temperature, **more},
            }
            for temperature, seed, more in [(0.7, 3, {}), (1.5, 4, {"top_p": 0.9}), (1.0, 5, {"top_k": 5})]
        },
    }  # fmt: skip
    if STORIES.is_dir():
        tales = {"folder": STORIES, "prompts": [*PROMPTS[:4], LONG * 2], "window": 256}
        cases |= {
            "stories15M": tales | {"max_tokens": 30},
            "stories15M, to the end of a sentence": tales | {"max_tokens": 60, "until": [".", "!", "?"]},
            "stories15M, to the next question": tales | {"max_tokens": 50, "until": ["Once", " Lily", "\n\n"]},
        }
    return cases | {
        f"{name}, batches of 3": cases[name] | {"batch": 3}
        for name in ("no stop string", "GPT-2", "GPT-J", "several stop strings", "EOS", "several EOS", "stories15M")
        if name in cases
    }


NAMES = [
    "no stop string", "GPT-2", "GPT-J", "Qwen2", "several stop strings", "overlapping stop strings",
    "a stop string across tokens", "an empty stop string", "half a character", "longer than the window", "EOS",
    "EOS that is named", "several EOS", "the model's own generation settings", "256 tokens",
    "sampled, temperature 0.7, seed 3", "sampled, temperature 1.5, seed 4", "sampled, temperature 1.0, seed 5",
    "no stop string, batches of 3", "GPT-2, batches of 3", "GPT-J, batches of 3", "several stop strings, batches of 3",
    "EOS, batches of 3", "several EOS, batches of 3",
]  # fmt: skip
OF_STORIES = [
    "stories15M", "stories15M, to the end of a sentence", "stories15M, to the next question",
    "stories15M, batches of 3",
]  # fmt: skip
needs_stories = pytest.mark.skipif(not STORIES.is_dir(), reason=f"no model in {STORIES}")


@pytest.fixture(scope="module")
def lm_eval(cases) -> dict:
    """lm-eval's texts for all cases at once: its imports take longer than most."""
    calls = [call_of(**case) for case in cases.values()]
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(cases, json.loads(done.stdout.splitlines()[-1]), strict=True))


def call_of(folder, prompts, until=(), max_tokens=20, decoding=GREEDY, seed=1, batch=1, window=MAX_LENGTH) -> dict:
    kwargs = {"until": list(until), "max_gen_toks": max_tokens, **decoding}
    if max_tokens == 256:
        del kwargs["max_gen_toks"]  # lm-eval's default.
    return {
        "model": str(folder), "max_length": window, "batch_size": batch, "seed": seed, "prompts": prompts,
        "kwargs": kwargs,
    }  # fmt: skip


@pytest.mark.parametrize("name", [*NAMES, *(pytest.param(name, marks=needs_stories) for name in OF_STORIES)])
def test_texts_are_lm_evals_to_the_character(name, cases, lm_eval):
    assert completed(**cases[name]) == lm_eval[name]


def test_every_case_is_compared(cases):
    assert set(cases) == {*NAMES, *(OF_STORIES if STORIES.is_dir() else [])}


@pytest.mark.parametrize(
    ("name", "plain"),
    [(name, "no stop string") for name in ("several stop strings", "a stop string across tokens", "EOS")]
    + [("several EOS", "no stop string"), ("the model's own generation settings", "GPT-2")],
)
def test_what_a_case_is_about_changes_texts(name, plain, lm_eval):
    assert lm_eval[name] != lm_eval[plain]


def test_draws_of_sampling_depend_on_the_seed_and_leave_training_alone(model_folder):
    hot = {"do_sample": True, "temperature": 2.0}
    sampled = {"folder": model_folder("gpt2"), "prompts": PROMPTS[:2], "decoding": hot}
    assert completed(**sampled) == completed(**sampled) != completed(**sampled | {"seed": 2})
    opened = open_model(str(model_folder("gpt2")), "float32", "cpu", False, 0)
    torch.manual_seed(8)
    expected = torch.rand(3)
    torch.manual_seed(8)
    complete(opened, open_tokenizer(str(opened.folder)), *packed([[5, 6]]), [], 4, hot, 1)
    assert torch.equal(torch.rand(3), expected)


def test_an_adapter_that_does_nothing_yet_and_checkpointing_of_gradients_leave_texts_as_they_are(model_folder):
    folder = model_folder("llama-untied")
    opened = open_model(str(folder), "float32", "cpu", True, 0)
    torch.set_num_threads(1)
    add_adapter(opened, AdapterSettings("lora", 2, 4.0, 0.0, None, None), 0)
    numbers = packed([open_tokenizer(str(folder)).encode(PROMPTS[0])])
    assert complete(opened, open_tokenizer(str(folder)), *numbers, [], 20, GREEDY, 1) == completed(folder, PROMPTS[:1])


def test_a_text_is_cut_at_one_string_after_the_other():
    assert cut("one. two\nthree", ["\n", ". "]) == "one"
    assert cut("abcd", ["bc", "abc"]) == "a", "not the earliest, as in lm-eval"
    assert cut("abc", ["", "x"]) == "abc"


def test_a_model_that_answers_nan_is_not_believed(model_folder):
    opened = open_model(str(model_folder("gpt2")), "float32", "cpu", False, 0)
    with torch.no_grad():
        opened.model.get_output_embeddings().weight[5, 0] = float("nan")
    with pytest.raises(DivergedError, match="expected logits, found NaN"):
        complete(opened, open_tokenizer(str(opened.folder)), *packed([[5, 6]]), [], 4, GREEDY, 0)


@pytest.mark.parametrize(
    ("numbers", "rows", "length", "message"),
    [
        (numpy.array([5, 6], dtype=numpy.int64), 1, 2, "need 3 int64 .* found 2"),
        (numpy.array([5, 6, 2], dtype=">i8"), 1, 2, "found 3 of >i8"),
        (numpy.array([5, 6, 0], dtype=numpy.int64), 1, 2, r"expected 1 to 2 tokens in each, found \[0\]"),
        (numpy.array([5, 320, 2], dtype=numpy.int64), 1, 2, "id 320 at row 0, position 1 is not in the model's"),
    ],
)
def test_prompts_that_cannot_be_read_are_refused(model_folder, numbers, rows, length, message):
    opened = open_model(str(model_folder("gpt2")), "float32", "cpu", False, 0)
    with pytest.raises(InvalidInputError, match=message):
        complete(opened, open_tokenizer(str(opened.folder)), numbers, rows, length, [], 4, GREEDY, 0)


class TestPieces:
    """A `Completion` that is advanced a few tokens at a time."""

    def begin(self, folder, texts, until=(), max_tokens=24, decoding=GREEDY, seed=1):
        opened = open_model(str(folder), "float32", "cpu", False, 0)
        torch.set_num_threads(1)
        tokenizer = open_tokenizer(str(folder))
        numbers, rows, length = packed([tokenizer.encode(text) for text in texts])
        return Completion(opened, tokenizer, numbers, rows, length, list(until), max_tokens, decoding, seed)

    @pytest.mark.parametrize("tokens", [1, 5])
    @pytest.mark.parametrize("decoding", [GREEDY, {"do_sample": True, "temperature": 0.9, "top_p": 0.95, "top_k": 0}])
    @pytest.mark.parametrize("name", ["llama-tied", "gpt2"])
    def test_texts_do_not_depend_on_how_many_tokens_come_at_a_time(self, model_folder, name, decoding, tokens):
        texts = ["Once upon a time there was", "The patient was given 20 mg of", "y"]
        whole = self.begin(model_folder(name), texts, decoding=decoding)
        whole.advance(24)
        parts = self.begin(model_folder(name), texts, decoding=decoding)
        calls = 0
        while not parts.advance(tokens):
            calls += 1
        assert parts.texts() == whole.texts()
        assert calls >= 24 // tokens - 1

    def test_pieces_are_the_text_and_never_begin_a_stop_string(self, model_folder):
        texts = ["Once upon a time there was", "y"]
        free = self.begin(model_folder("llama-tied"), texts)
        free.advance(24)
        stop = free.texts()[0][8:12]
        parts = self.begin(model_folder("llama-tied"), texts, until=[stop])
        told = ["", ""]
        done = False
        while not done:
            done = parts.advance(1)
            told = [before + piece for before, piece in zip(told, parts.pieces(), strict=True)]
            assert not any(stop[0] == text[-1:] for text in told[:1] if not done)
        assert told == parts.texts()
        assert stop not in told[0]

    def test_draws_of_others_are_left_alone(self, model_folder):
        parts = self.begin(model_folder("llama-tied"), ["y"], decoding={"do_sample": True, "temperature": 1.0})
        torch.manual_seed(3)
        expected = torch.rand(4)
        torch.manual_seed(3)
        parts.advance(4)
        assert torch.equal(torch.rand(4), expected)
