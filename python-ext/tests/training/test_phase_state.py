"""A phase that is put back where it was goes on as if nothing had happened, to the bit."""

import threading

import pytest
import torch
from phases import SETTINGS, same_bits, values

from ballast import InvalidInputError, adapters, models
from ballast.adapters import AdapterSettings
from ballast.importance import PATH_INTEGRAL, RIEMANNIAN_WALK
from ballast.training import phase_state
from ballast.training.model_phase import ModelPhase

LORA = {"kind": "lora", "rank": 2, "alpha": 4.0, "dropout": 0.3, "targets": None}


def opened_model(folder, adapter: bool):
    opened = models.open_model(str(folder), "float32", "cpu", False, 0)
    if adapter:
        adapters.add_adapter(opened, AdapterSettings(**LORA | {"preserved": None}), 4, None)
    return opened


def steps(phase: ModelPhase, slots, count: int) -> None:
    for step in range(count):
        *slot, targets = slots[step % len(slots)]
        phase.forward_backward(*slot, targets)
        phase.training.step()


def begin(folder, settings: dict, adapter: bool = False):
    opened = opened_model(folder, adapter)
    anchor = None
    if settings["method"] == "hierarchical":
        general = ModelPhase(opened, SETTINGS | {"importance": PATH_INTEGRAL}, None)
        steps(general, settings["slots"], 2)
        general.end()
        anchor = general.finish_importance(1.0, True, "end", "scaled", "block", "mean")
    own = {name: value for name, value in settings.items() if name != "slots"}
    return opened, ModelPhase(opened, SETTINGS | own, anchor)


@pytest.fixture
def slots(slot_of, documents):
    return [slot_of([documents[:2], documents[2:4]]), slot_of([documents[1:3]]), slot_of([documents[3:4]])]


CASES = {
    "plain": {"method": "none", "clipNorm": 1.0},
    "path integral": {"method": "none", "importance": PATH_INTEGRAL, "schedule": "linear", "steps": 30},
    "riemannian walk": {"method": "none", "importance": RIEMANNIAN_WALK},
    "proximal": {"method": "hierarchical", "lambda": 30.0},
    "clipped gradient": {"method": "hierarchical", "lambda": 0.01, "form": "gradient", "clipNorm": 0.5},
}


@pytest.fixture
def waits(monkeypatch):
    """Writing waits until it is set."""
    goes_on, save = threading.Event(), phase_state._save
    monkeypatch.setattr(phase_state, "_save", lambda *arguments: goes_on.wait() and save(*arguments))
    return goes_on


@pytest.mark.parametrize("adapter, is_async", [(False, False), (False, True), (True, True)])
@pytest.mark.parametrize("case", CASES)
def test_a_phase_put_back_ends_with_the_same_bits(case, adapter, is_async, waits, model_folder, slots, tmp_path):
    settings = CASES[case] | {"slots": slots}
    opened, phase = begin(model_folder("gpt2"), settings, adapter)
    steps(phase, slots, 3)
    phase.training.progress()
    steps(phase, slots, 1)
    if is_async:
        saving = phase_state.save_phase_async(opened, phase, tmp_path / "phase")
    else:
        waits.set()
        phase_state.save_phase(opened, phase, tmp_path / "phase")
    steps(phase, slots, 9)  # Over the end of an interval of the Riemannian walk.
    if is_async:
        waits.set()
        saving.result()
    again, resumed = begin(model_folder("gpt2"), settings, adapter)
    phase_state.load_phase(again, resumed, tmp_path / "phase")
    steps(resumed, slots, 9)
    assert same_bits(values(opened.model), values(again.model))
    assert resumed.training.progress() == phase.training.progress()
    assert torch.equal(resumed.seen_tokens, phase.seen_tokens)
    if "importance" in settings:
        anchors = [
            each.finish_importance(1.0, True, "end", "scaled", "block", "mean") for each in ended(phase, resumed)
        ]
        assert same_bits(*(dict(anchor.importance) for anchor in anchors))


def ended(*phases: ModelPhase):
    for phase in phases:
        phase.end()
    return phases


def test_what_fails_while_it_goes_on_is_told(model_folder, slots, tmp_path):
    opened, phase = begin(model_folder("gpt2"), {"method": "none"})
    (tmp_path / "phase").write_text("a file where a folder is wanted")
    with pytest.raises(OSError, match="phase"):
        phase_state.save_phase_async(opened, phase, tmp_path / "phase").result()


def test_the_state_of_another_phase_is_refused(model_folder, slots, tmp_path):
    opened, phase = begin(model_folder("gpt2"), {"method": "none", "importance": PATH_INTEGRAL})
    phase_state.save_phase(opened, phase, tmp_path / "phase")
    other, plain = begin(model_folder("gpt2"), {"method": "none"})
    with pytest.raises(InvalidInputError, match="only in the folder"):
        phase_state.load_phase(other, plain, tmp_path / "phase")
    phase_state.save_parameters(opened, tmp_path / "model")
    with pytest.raises(InvalidInputError, match="model"):
        phase_state.load_parameters(opened_model(model_folder("gpt2"), True), tmp_path / "model")
