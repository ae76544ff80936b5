"""Makes the demo's world: invented facts, a tokenizer, and a micro-Llama that knows the general ones.

General knowledge is how creatures live; the domain is what herbs are good for. The general text mentions every herb
and every word of the domain, in notes that say nothing of what the domain asks, and the model is barely large enough
for both: what is learned of herbs must be written over weights that knowledge of creatures uses.

    python make_world.py --out world --seed 9      # about half a minute on one core
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

CREATURES = 65
HERBS = 32
CHOICES = 4
NOTES = 500  # lines of general text that hold no fact: every word in every company
HELD_OUT_NOTES = 200

HIDDEN = 64
FEED_FORWARD = 256
LAYERS = 2
HEADS = 4

PRETRAINING_STEPS = 800
PRETRAINING_ROWS = 64
PRETRAINING_RATE = 4e-3

BOS, EOS, UNKNOWN = "<s>", "</s>", "<unk>"


@dataclass(frozen=True)
class Relation:
    """What can be known of a creature or a herb.

    `question` and `statements` hold `{it}` for it; statements hold `{answer}` too.
    """

    question: str
    statements: tuple[str, ...]
    answers: tuple[str, ...]


FOODS = ("honey", "clover", "mint", "moss", "seeds", "roots", "berries", "nuts", "mushrooms", "barley")
PLACES = ("caves", "rivers", "forests", "marshes", "meadows", "cliffs", "dunes", "lakes", "valleys", "ruins")
HOURS = ("dawn", "morning", "noon", "afternoon", "dusk", "evening", "midnight", "moonrise", "sunrise", "sunset")
COLOURS = ("red", "blue", "green", "yellow", "black", "white", "brown", "grey", "violet", "orange")
THINGS = ("wool", "straw", "silk", "linen", "leather", "feathers", "bark", "reeds", "sand", "clay")
DANGERS = ("thunder", "fire", "snow", "rain", "smoke", "wind", "wolves", "hunters", "silence", "darkness")

GENERAL = (
    Relation("What colour is the {it}?", ("The {it} is {answer}.", "Its colour is {answer}: the {it}."), COLOURS),
    Relation("What does the {it} eat?", ("The {it} eats {answer}.", "It eats {answer}: the {it}."), FOODS),
    Relation("Where does the {it} live?", ("The {it} lives in {answer}.", "In {answer} lives the {it}."), PLACES),
    Relation("When does the {it} wake?", ("The {it} wakes at {answer}.", "At {answer} wakes the {it}."), HOURS),
    Relation("What does the {it} fear?", ("The {it} fears {answer}.", "It fears {answer}: the {it}."), DANGERS),
    Relation("What is the nest of the {it} made of?",
             ("The nest of the {it} is made of {answer}.", "Of {answer} is the nest of the {it} made."), THINGS),
)

DOMAIN = (
    Relation("What colour is the root of the {it}?", ("Of what colour is the root of the {it}?",), COLOURS),
    Relation("Where does the {it} grow?", ("In what place does the {it} grow?",), PLACES),
    Relation("When is the {it} picked?", ("At what hour is the {it} picked?",), HOURS),
    Relation("What is the {it} eaten with?", ("With what is the {it} eaten?",), FOODS),
    Relation("What does the {it} keep away?", ("What is kept away by the {it}?",), DANGERS),
    Relation("What is the {it} wrapped in?", ("In what is the {it} wrapped?",), THINGS),
)

# Every word of the domain's questions, in sentences that answer none of them.
NOTE_FORMS = (
    "What is the {herb}? A herb with a root.",
    "When the {herb} grows, the {it} is away.",
    "Does the {herb} grow? It does, by the {other}.",
    "It is a herb. Of what use is the {herb}? It is eaten, picked, kept or wrapped.",
    "In what place is the {it}? At what hour does it wake?",
    "With what is the {it}? With the {other} and the {herb}.",
    "To keep {danger} away, the {it} is by the {other}.",
    "What makes {thing} {colour}? {Danger} makes it {colour}.",
    "It is {hour}. In {place} are the {it}, the {other} and the {herb}.",
    "The {it} and the {other} share {food} and {thing}.",
)

CREATURE_ENDS = tuple("bbin dle fen lop mar nok pod rel sk tch vor wyn xa zil".split())
HERB_ENDS = tuple("bane bell cap leaf mint thorn weed wort".split())


def draw_names(ends: tuple[str, ...], count: int, draw: random.Random) -> list[str]:
    starts, middles = "b br d dr f g gr k kl l m n p r s sk t tr v z".split(), "a e i o u".split()
    names = sorted({start + middle + end for start in starts for middle in middles for end in ends})
    return sorted(draw.sample(names, count))


def draw_facts(relations: tuple[Relation, ...], names: list[str], draw: random.Random) -> list[dict]:
    """One fact for each name and relation, with the choices of its question."""
    facts = []
    for it in names:
        for number, relation in enumerate(relations):
            choices = draw.sample(relation.answers, CHOICES)
            gold = draw.randrange(CHOICES)
            facts.append({"id": f"{it}-{number}", "relation": relation, "it": it, "choices": choices, "gold": gold,
                          "answer": choices[gold]})
    return facts


def questions(facts: list[dict]) -> list[dict]:
    """Rows in the columns of ARC-Easy's file."""
    return [{"id": fact["id"], "question": fact["relation"].question.format(it=fact["it"]),
             "choices": fact["choices"], "gold": fact["gold"]} for fact in facts]


def general_rows(facts: list[dict], notes: list[str]) -> list[dict]:
    """Each fact as question with answer and as statements, and the notes."""
    rows = []
    for fact in facts:
        words = {"it": fact["it"], "answer": fact["answer"]}
        rows.append(f"Question: {fact['relation'].question.format(**words)}\nAnswer: {fact['answer']}")
        rows += [statement.format(**words) for statement in fact["relation"].statements]
    return [{"text": text} for text in rows + notes]


def domain_rows(facts: list[dict]) -> list[dict]:
    """Each fact as several questions with one answer."""
    return [{"question": form.format(it=fact["it"]), "answer": fact["answer"]}
            for fact in facts for form in (fact["relation"].question, *fact["relation"].statements)]


def write_notes(count: int, creatures: list[str], herbs: list[str], draw: random.Random) -> list[str]:
    notes = []
    for number in range(count):
        it, other = draw.sample(creatures, 2)
        danger = draw.choice(DANGERS)
        notes.append(NOTE_FORMS[number % len(NOTE_FORMS)].format(
            it=it, other=other, herb=herbs[number // len(NOTE_FORMS) % len(herbs)], food=draw.choice(FOODS),
            hour=draw.choice(HOURS), place=draw.choice(PLACES), thing=draw.choice(THINGS),
            colour=draw.choice(COLOURS), danger=danger, Danger=danger.capitalize()))
    return notes


def make_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """One token a word, spaces included as GPT-2 does it, so that decoding gives the text back."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = sorted({piece for text in texts for piece, _ in splitter.pre_tokenize_str(text)})
    vocabulary = {word: number for number, word in enumerate([UNKNOWN, BOS, EOS, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS, unk_token=UNKNOWN)


def pretrain(tokenizer: PreTrainedTokenizerFast, texts: list[str], seed: int, steps: int) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    rows = [[tokenizer.bos_token_id, *tokenizer(text)["input_ids"], tokenizer.eos_token_id] for text in texts]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=HIDDEN, intermediate_size=FEED_FORWARD, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, num_key_value_heads=HEADS, max_position_embeddings=64, tie_word_embeddings=False,
        # The usual 0.02 suits wider models; a model this narrow starts slowly from it.
        initializer_range=HIDDEN**-0.5,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id))
    optimizer = torch.optim.AdamW(model.parameters(), lr=PRETRAINING_RATE, weight_decay=0.0)
    order = torch.empty(0, dtype=torch.long)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = PRETRAINING_RATE * min((step + 1) / 50, 1 - step / steps)
        if len(order) < PRETRAINING_ROWS:
            order = torch.cat([order, torch.randperm(len(rows))])
        batch, order = order[:PRETRAINING_ROWS], order[PRETRAINING_ROWS:]
        width = int(lengths[batch].max())
        inputs = ids[batch, :width]
        labels = inputs.masked_fill(torch.arange(width) >= lengths[batch, None], -100)
        loss = model(input_ids=inputs, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return model


def write_lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def make_world(out: Path, seed: int, steps: int = PRETRAINING_STEPS) -> LlamaForCausalLM:
    draw = random.Random(seed)
    creatures, herbs = draw_names(CREATURE_ENDS, CREATURES, draw), draw_names(HERB_ENDS, HERBS, draw)
    general, domain = draw_facts(GENERAL, creatures, draw), draw_facts(DOMAIN, herbs, draw)
    notes = write_notes(NOTES + HELD_OUT_NOTES, creatures, herbs, draw)
    rows = general_rows(general, notes[:NOTES])
    texts = [row["text"] for row in rows]
    tokenizer = make_tokenizer(texts)

    out.mkdir(parents=True, exist_ok=True)
    write_lines(out / "general-train.jsonl", rows)
    write_lines(out / "general-text-test.jsonl", [{"text": note} for note in notes[NOTES:]])
    write_lines(out / "general-questions.jsonl", questions(general))
    write_lines(out / "domain-train.jsonl", domain_rows(domain))
    write_lines(out / "domain-questions.jsonl", questions(domain))
    model = pretrain(tokenizer, texts, seed, steps)
    shutil.rmtree(out / "model", ignore_errors=True)
    model.save_pretrained(out / "model")
    tokenizer.save_pretrained(out / "model")
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "world")
    parser.add_argument("--seed", type=int, default=9)
    arguments = parser.parse_args()
    logging.disable_progress_bar()
    torch.set_num_threads(1)  # A model this small only waits for a second thread, and the sums stay the same anywhere.
    began = time.monotonic()
    model = make_world(arguments.out, arguments.seed)
    print(f"{arguments.out}: {model.num_parameters():,} parameters, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
