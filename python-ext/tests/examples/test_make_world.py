"""The demo's world: what its table rests on."""

import json
import sys
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples" / "demo"))

from make_world import make_world  # noqa: E402


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make_world(folder, seed=7, steps=3)
    return folder


def rows(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_the_same_seed_makes_the_same_world(world, tmp_path):
    make_world(tmp_path, seed=7, steps=3)
    files = sorted(file.relative_to(world) for file in world.rglob("*") if file.is_file())
    assert files == sorted(file.relative_to(tmp_path) for file in tmp_path.rglob("*") if file.is_file())
    for file in files:
        assert (tmp_path / file).read_bytes() == (world / file).read_bytes(), file


def test_another_seed_knows_other_facts(world, tmp_path):
    make_world(tmp_path, seed=8, steps=1)
    assert rows(tmp_path / "general-questions.jsonl") != rows(world / "general-questions.jsonl")


def test_every_word_of_the_domain_occurs_in_the_general_text(world):
    """Otherwise its embedding rows are of no importance, move freely, and an L2 penalty is beaten for that alone."""
    tokenizer = AutoTokenizer.from_pretrained(world / "model")
    general = {token for row in rows(world / "general-train.jsonl") for token in tokenizer.tokenize(row["text"])}
    trained = [f"Question: {row['question']}\nAnswer: {row['answer']}" for row in rows(world / "domain-train.jsonl")]
    asked = [
        f"Question: {row['question']}\nAnswer: {choice}"
        for row in rows(world / "domain-questions.jsonl")
        for choice in row["choices"]
    ]
    assert {token for text in trained + asked for token in tokenizer.tokenize(text)} <= general


def test_domain_questions_are_answered_by_the_domains_text(world):
    answers = {row["question"]: row["answer"] for row in rows(world / "domain-train.jsonl")}
    for row in rows(world / "domain-questions.jsonl"):
        assert len(set(row["choices"])) == 4
        assert row["choices"][row["gold"]] == answers[row["question"]]


def test_general_text_does_not_answer_the_domains_questions(world):
    asked = [row["question"] for row in rows(world / "domain-train.jsonl")]
    general = "\n".join(row["text"] for row in rows(world / "general-train.jsonl"))
    assert not [question for question in asked if question in general]


def test_tokenizer_gives_text_back(world):
    tokenizer = AutoTokenizer.from_pretrained(world / "model")
    for row in rows(world / "general-train.jsonl")[::50]:
        assert tokenizer.decode(tokenizer.encode(row["text"])) == row["text"]


def test_model_is_tiny_and_every_row_fits_it(world):
    """0.15 to 0.45 million parameters; the longest row fits its positions."""
    model = AutoModelForCausalLM.from_pretrained(world / "model")
    assert 150_000 <= model.num_parameters() <= 450_000
    tokenizer = AutoTokenizer.from_pretrained(world / "model")
    longest = max(len(tokenizer.encode(row["text"])) for row in rows(world / "general-train.jsonl"))
    assert longest + 2 <= model.config.max_position_embeddings
