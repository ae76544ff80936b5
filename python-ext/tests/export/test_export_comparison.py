import pytest
import torch

from ballast.export.comparison import compare
from ballast.export.probe import Probe, Row


class Answers:
    way = "as told"

    def __init__(self, change):
        self.change = change

    def logits(self, row):
        return self.change(row.logits.clone())


@pytest.fixture
def probe():
    generator = torch.Generator().manual_seed(5)
    rows = [torch.randn(length, 50, generator=generator) for length in (7, 12)]
    return Probe([Row(list(range(len(logits))), 3, logits) for logits in rows])


def swapped(logits):
    """Another token is best, by as little as nothing."""
    best = logits[3].argmax()
    logits[3, (best + 1) % 50] = logits[3, best] + 1e-5
    return logits


def test_the_same_answers_pass_exactly(probe):
    found = compare(probe, Answers(lambda logits: logits), "float32")
    assert found["passed"] and found["maxDifference"] == 0
    assert found["tokens"] == found["sameTokens"] == 19 and found["differentTokens"] == 0
    assert 0.9 < found["scale"] < 1.1 and found["rows"] == 2


@pytest.mark.parametrize(("dtype", "noise"), [("float32", 1e-5), ("float16", 1e-2), ("bfloat16", 5e-2)])
def test_rounding_passes_and_ten_times_the_tolerance_does_not(probe, dtype, noise):
    def noisy(scale):
        return lambda logits: logits + scale * torch.sin(1e3 * logits)

    assert compare(probe, Answers(noisy(noise)), dtype)["passed"]
    found = compare(probe, Answers(noisy(100 * noise)), dtype)
    assert not found["passed"] and found["relative"] > found["tolerance"]


def test_tokens_nearer_than_rounding_are_undecided_and_others_different(probe):
    for row in probe.rows:
        best = row.logits[3].argmax()
        row.logits[3, (best + 1) % 50] = row.logits[3, best] - 1e-5
    found = compare(probe, Answers(swapped), "float32")
    assert found["passed"] and found["undecidedTokens"] == 2 and found["sameTokens"] == 17
    far = compare(probe, Answers(lambda logits: logits.roll(1, dims=1)), "float32")
    assert not far["passed"] and far["differentTokens"] > 10


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_what_is_no_number_does_not_pass(probe, broken):
    def spoiled(logits):
        logits[2, 4] = broken
        return logits

    assert not compare(probe, Answers(spoiled), "bfloat16")["passed"]


def test_another_vocabulary_does_not_pass(probe):
    assert not compare(probe, Answers(lambda logits: logits[:, :-1]), "float32")["passed"]
