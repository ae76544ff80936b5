"""Makes the rows of the task `sums`: `python tests/tasks/make_sums.py` from python-ext."""

import json
from pathlib import Path
from random import Random

FOLDER = Path(__file__).parents[2] / "ballast" / "tasks" / "files" / "sums"
SIZES = {"train": 8, "test": 100}
NAMES = ("Ada", "Bela", "Chidi", "Dolores", "Emre", "Freya", "Goran", "Hana")
THINGS = ("apples", "books", "coins", "shells", "stamps", "tickets")


def bought(name: str, thing: str, a: int, b: int) -> tuple[str, str, int]:
    question = f"{name} has {a} {thing} and buys {b} more. How many {thing} does {name} have now?"
    return question, f"{name} has {a} + {b} = {a + b} {thing}.", a + b


def given(name: str, thing: str, a: int, b: int) -> tuple[str, str, int]:
    question = f"{name} has {a + b} {thing} and gives {b} of them away. How many {thing} are left?"
    return question, f"There are {a + b} - {b} = {a} {thing} left.", a


def packed(name: str, thing: str, a: int, b: int) -> tuple[str, str, int]:
    question = f"{name} packs {thing} into {b} boxes, {a} in each. How many {thing} did {name} pack?"
    return question, f"{b} boxes with {a} each are {b} * {a} = {a * b} {thing}.", a * b


def rows(count: int, random: Random) -> list[dict[str, str]]:
    made = []
    for number in range(count):
        story = (bought, given, packed)[number % 3]
        question, steps, result = story(
            random.choice(NAMES), random.choice(THINGS), random.randrange(12, 400), random.randrange(3, 60)
        )
        made.append({"question": question, "answer": f"{steps}\n#### {result:,}"})  # GSM8K writes 1,200 with a comma.
    return made


def files() -> dict[str, str]:
    """Name → content."""
    random = Random(7)
    return {
        f"{split}.jsonl": "".join(json.dumps(row) + "\n" for row in rows(count, random))
        for split, count in SIZES.items()
    }


if __name__ == "__main__":
    for name, content in files().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
