import dataclasses

import pytest

from ballast.anchors import Anchor
from benchmarks.memory import ADAPTATIONS, measured_peak, rows_of
from benchmarks.memory_phase import PhaseOfItsOwn, cost


@pytest.fixture
def plain(model_folder):
    return PhaseOfItsOwn(str(model_folder("llama-tied")), False, {}, None, None, rows=2, length=12, steps=2)


def test_the_phase_with_retention_is_held_by_the_anchor_that_was_saved(plain, tmp_path):
    anchor = tmp_path / "anchor"
    measured = {"importance": "path_integral"}
    assert cost(dataclasses.replace(plain, settings=measured, save_to=str(anchor))).peak_bytes > 0
    opened = Anchor.load(anchor)
    assert set(opened.reference) == set(opened.importance)
    held = {"method": "hierarchical", "form": "proximal"}
    assert cost(dataclasses.replace(plain, settings=held, anchor=str(anchor))).peak_bytes > 0


def test_what_a_process_of_its_own_holds_shows_in_its_peak(plain):
    program, logits = 100, 4 * 256 * 63 * 320 / 1e6  # MB; torch alone is more than the first.
    small = measured_peak(plain)
    assert program < small
    assert measured_peak(dataclasses.replace(plain, rows=256, length=64)) > small + logits


def test_every_adaptation_has_its_rows(model_folder):
    phases: list[PhaseOfItsOwn] = []

    def peak(told: PhaseOfItsOwn) -> float:
        phases.append(told)
        return cost(told).peak_bytes / 1e6

    measured = {row.name: row for row in rows_of("tiny", model_folder("llama-tied"), 2, 12, 1, peak)}
    assert list(measured) == [
        "memory/LoRA, retention, tiny", "memory/full, retention, tiny", "memory/full, teacher, tiny",
    ]  # fmt: skip
    goals = [ADAPTATIONS["LoRA"].goal, ADAPTATIONS["full"].goal, None]
    assert [row.goal for row in measured.values()] == goals
    opened = [told.anchor is not None for told in phases]
    assert opened == [False, False, True, False, False, True, False]
    assert [told.lora for told in phases] == [True] * 3 + [False] * 4
