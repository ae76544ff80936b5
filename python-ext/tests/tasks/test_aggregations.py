"""Numbers of all items at once are those of lm-eval's functions, with its standard errors."""

import random

import pytest

from ballast.tasks.aggregations import AGGREGATIONS, of_code
from ballast.tasks.standard_error import bootstrap

DRAWS = 50
DRAW = random.Random(11)
WORDS = "the cat sat on a mat and the dog ran to it".split()
SENTENCES = [" ".join(DRAW.choices(WORDS, k=DRAW.randint(3, 9))) for _ in range(30)]


def changed(text: str) -> str:
    return " ".join(DRAW.choice(WORDS) if DRAW.random() < 0.3 else word for word in text.split())


def labels(choices: int, items: int = 60) -> list:
    """Answers of which about half are right."""
    golds = [DRAW.randrange(choices) for _ in range(items)]
    return [[gold, gold if DRAW.random() < 0.5 else DRAW.randrange(choices)] for gold in golds]


def certainties(choices: int) -> list:
    odds = [[DRAW.random() for _ in range(choices)] for _ in range(40)]
    return [[DRAW.randrange(choices), [each / sum(row) for each in row]] for row in odds]


TRANSLATED = [[text, changed(text)] for text in SENTENCES]
NUMBERS = [DRAW.random() for _ in range(41)]
ITEMS = {
    "f1": [labels(2), [[0, 0], [0, 0], [0, 0]], [[1, 0], [0, 1], [0, 0]]],
    "matthews_corrcoef": [labels(2), labels(5), [[0, 0], [0, 1], [0, 0]]],
    "brier_score": [certainties(2), certainties(4)],
    "median": [NUMBERS, NUMBERS[:40]],
    "nanmean": [NUMBERS, [0.5, float("nan"), 1.0], [float("nan"), float("nan")]],
    "bleu": [TRANSLATED, [[text, [answer]] for text, answer in TRANSLATED]],
    "chrf": [TRANSLATED, [[[text, text[2:]], answer] for text, answer in TRANSLATED]],
    "chrf++": [TRANSLATED],
    "ter": [TRANSLATED],
}


@pytest.mark.parametrize(("name", "items"), [(name, items) for name in ITEMS for items in ITEMS[name]])
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:Degrees of freedom")
def test_values_and_standard_errors_are_lm_evals(name, items, lm_eval):
    value, error = lm_eval.ask("aggregated", name=name, items=items, draws=DRAWS)
    mine = AGGREGATIONS[name]
    assert mine.of(items[:1])[1] is None, "one item has no standard error"
    assert float(mine.function(mine.prepare(items))) == pytest.approx(value, rel=1e-12, nan_ok=True)
    assert (mine.draws > 0) == (error is not None)
    if error is not None:
        drawn = bootstrap(mine.function, mine.prepare(items), DRAWS)
        assert drawn == pytest.approx(error, rel=1e-9, abs=1e-15, nan_ok=True)


def test_every_aggregation_is_compared():
    assert set(ITEMS) == set(AGGREGATIONS)


def test_f1_is_of_two_choices():
    with pytest.raises(ValueError, match=r"expected choices 0 and 1, of which 1 counts, found the numbers \[0 2\]"):
        AGGREGATIONS["f1"].of([[0, 2], [2, 2]])


def test_a_tasks_own_function_is_given_what_its_items_were_before_they_crossed_to_java():
    def share(items):
        return len({gold for gold, _ in set(items)}) / len(items)

    assert of_code(share).of([[0, 1], [0, 1], [1, 1], [0, 0]]) == (0.5, None)
