"""What is foreseen on tensors without data, against the same phase on real ones."""

import dataclasses
import gc

import pytest
import torch
from phases import SETTINGS, measured_anchor, settings

from ballast import methods
from ballast.adapters import AdapterSettings, add_adapter
from ballast.errors import InvalidInputError
from ballast.forward import scoring
from ballast.forward.batches import TokenBatch
from ballast.importance.storage import Float32, storage_of
from ballast.models import open_model
from ballast.training import TrainingPhase
from ballast.training.estimate import PlannedModel, PlannedPhase, estimate
from ballast.training.live_bytes import LiveBytes

ROWS, LENGTH = 12, 6
LORA = AdapterSettings("lora", 2, 4.0, 0.0, None, None)


def planned(packed=False, accumulation=1, anchor=None, **changes) -> PlannedPhase:
    return PlannedPhase(ROWS, LENGTH, settings(**{"form": None, **changes}), packed, accumulation, anchor)


def short(**changes) -> PlannedPhase:
    return dataclasses.replace(planned(**changes), rows=1, length=2)


def batch(rows: int, packed: bool = False) -> TokenBatch:
    ids = torch.randint(1, 20, (rows, LENGTH))
    positions = torch.arange(LENGTH).expand(rows, LENGTH).contiguous()
    return TokenBatch(ids, positions, torch.ones_like(ids), torch.arange(ids.numel()), ids.flatten(), packed)


def really(folder, adapter, phase: PlannedPhase) -> int:
    """The peak of two steps with weights and data."""
    opened = open_model(str(folder), "float32", "cpu", False, 1)
    if adapter is not None:
        add_adapter(opened, adapter, 1)
    anchor = None
    if phase.anchor is not None:
        anchor = measured_anchor(opened.model, phase.settings.space).stored_as(phase.anchor)
        for parameter in opened.model.parameters():
            parameter.grad = None
    gc.collect()
    with LiveBytes() as live:
        held = [] if anchor is None else [*anchor.reference.values(), *anchor.stored.tensors().values()]
        for tensor in (*opened.model.parameters(), *opened.model.buffers(), *held):
            live.add(tensor)
        del held
        training = TrainingPhase(opened.model, phase.settings, anchor)
        for _ in range(2):
            data = batch(ROWS, phase.packed)
            for _ in range(phase.accumulation):
                objective, loss = training.retention.objective(opened, data)
                training.backward(objective / data.targets.numel(), loss / data.targets.numel())
            if phase.settings.independent_gradient:
                training.measure(scoring.loss_sum(opened, data) / data.targets.numel())
            training.step()
            del data, objective, loss
        gc.collect()
    return live.peak


@pytest.mark.parametrize("name", ["llama-tied", "gpt2"])
@pytest.mark.parametrize("adapter", [None, LORA], ids=["full", "lora"])
@pytest.mark.parametrize(
    "changes",
    [
        {"importance": "path_integral"},
        {"importance": "path_integral", "independentGradient": True},
        {"importance": "riemannian_walk", "accumulation": 2},
        {"packed": True},
        {"method": "l2"},
        {"method": "kl", "anchor": Float32()},
        {"method": "hierarchical", "anchor": Float32()},
        {"method": "hierarchical", "importance": "path_integral", "anchor": storage_of("int8")},
        {"method": "hierarchical", "anchor": storage_of("sparse", 0.1)},
    ],
    ids=["path integral", "independent", "riemannian walk", "plain", "l2", "kl", "anchor", "in sequence", "sparse"],
)
def test_a_phase_holds_what_was_foreseen(changes, adapter, name, model_folder):
    folder, phase = model_folder(name), planned(**changes)
    foreseen = PlannedModel(folder, False, False, adapter).memory(phase)
    assert sum(vars(foreseen).values()) == pytest.approx(really(folder, adapter, phase), rel=0.05)  # The real step is native, with less in hand.


@pytest.mark.parametrize("form", ["gradient", "proximal"])
@pytest.mark.parametrize(
    "changes",
    [
        {"method": "l2"},
        {"method": "hierarchical", "anchor": Float32()},
        {"method": "hierarchical", "anchor": Float32(), "importance": "path_integral"},
    ],
    ids=["l2", "anchor", "in sequence"],
)
def test_a_phase_in_the_effective_space_holds_what_was_foreseen(changes, form, model_folder):
    folder, phase = model_folder("llama-tied"), planned(space="effective", form=form, **changes)
    foreseen = PlannedModel(folder, False, False, LORA).memory(phase)
    assert sum(vars(foreseen).values()) == pytest.approx(really(folder, LORA, phase), rel=0.05)


def test_a_step_after_an_estimate_is_held_as_before_it(model_folder):
    """What the estimate makes is without data, and none of it may stay."""
    folder, moved = model_folder("llama-tied"), {}
    PlannedModel(folder, False, False, LORA).memory(planned(method="l2", space="effective", form="proximal"))
    for strength in (0.0, 1e6):
        opened = open_model(str(folder), "float32", "cpu", False, 1)
        add_adapter(opened, LORA, 1)
        phase = planned(method="l2", space="effective", form="proximal", strength=strength)
        training = TrainingPhase(opened.model, phase.settings)
        for _ in range(3):
            training.backward(scoring.loss_sum(opened, batch(ROWS)))
            training.step()
        factors = opened.model.named_parameters()
        moved[strength] = sum(each.abs().sum() for name, each in factors if ".lora_B." in name)
    assert moved[1e6] < 0.1 * moved[0.0]


def test_a_rank_holds_its_part_two_blocks_and_the_activations_of_its_rows(model_folder):
    folder, phase = model_folder("llama-tied"), planned(importance="path_integral")
    model = PlannedModel(folder, False, False, None)
    two, four = model.memory_of_ranks(phase, [2, 4])
    blocks = open_model(str(folder), "float32", "cpu", False, 1).model.model.layers
    block = sum(parameter.numel() for parameter in blocks[0].parameters())
    # Weights, gradients, two moments, ω and θ⁰; buffers are a few numbers.
    assert 6 * 4 * model.parameters / 2 == pytest.approx(two.parts, rel=0.01)
    assert two.parts == pytest.approx(2 * four.parts, abs=1)
    outside = model.parameters - len(blocks) * block
    assert two.gathered == four.gathered == 4 * (outside + 2 * block + max(outside, 2 * block))
    assert four.activations < two.activations < sum(vars(model.memory(phase)).values())
    opened = open_model(str(folder), "float32", "cpu", False, 1)
    for parameter in opened.model.parameters():
        parameter.register_post_accumulate_grad_hook(lambda each: setattr(each, "grad", None))
    with LiveBytes() as live:
        for tensor in (*opened.model.parameters(), *opened.model.buffers()):
            live.add(tensor)
        before = live.now
        scoring.loss_sum(opened, batch(ROWS // 2)).backward()
    assert live.peak - before == pytest.approx(two.activations, rel=0.05)


def test_the_parts_are_what_arithmetic_says(model_folder):
    model = PlannedModel(model_folder("llama-tied"), False, False, None)
    opened = open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 1).model
    trained = sum(parameter.numel() for parameter in opened.parameters())
    assert model.parameters == model.trained == trained
    measuring = model.memory(planned(importance="path_integral"))
    assert measuring.weights == sum(each.nbytes for each in (*opened.parameters(), *opened.buffers()))
    assert measuring.optimizer == pytest.approx(8 * trained, rel=0.001)  # and a few numbers
    assert measuring.importance == pytest.approx(8 * trained, rel=0.001)
    assert measuring.anchor < 1000
    held = model.memory(planned(method="hierarchical", anchor=Float32()))
    assert held.anchor == pytest.approx(8 * trained, rel=0.002) and held.importance == 0
    assert held.activations + held.gradients == pytest.approx(measuring.activations + measuring.gradients, rel=0.01)
    narrow = model.memory(planned(method="hierarchical", anchor=storage_of("int8")))
    assert narrow.anchor == pytest.approx(5 * trained, rel=0.03)  # a scale for each row
    both = model.memory(short(method="hierarchical", anchor=Float32(), importance="path_integral"))
    assert both.importance == pytest.approx(8 * trained, rel=0.001)
    # Beside a penalty's gradient that is clipped g and θ are kept until the step is made; of two tokens it holds most then.
    clipped = {"form": "gradient", "clipNorm": 1.0}
    both = model.memory(short(method="hierarchical", anchor=Float32(), importance="path_integral", **clipped))
    assert both.importance == pytest.approx(16 * trained, rel=0.001)
    assert both.gradients == pytest.approx(4 * trained, rel=0.001)
    # Here it keeps θ and the other batch's gradient.
    apart = model.memory(short(importance="path_integral", independentGradient=True))
    assert apart.importance == pytest.approx(16 * trained, rel=0.001)
    assert apart.gradients == pytest.approx(4 * trained, rel=0.001)


def test_checkpointing_and_a_shorter_row_hold_less(model_folder):
    plain = PlannedModel(model_folder("llama-untied"), False, False, None)
    step = plain.memory(planned()).activations
    assert PlannedModel(model_folder("llama-untied"), False, True, None).memory(planned()).activations < step
    shorter = PlannedPhase(ROWS, LENGTH // 2, planned().settings)
    assert plain.memory(shorter).activations < step


def test_java_gets_numbers_for_each_phase(model_folder):
    told = {"rows": ROWS, "length": LENGTH, "packed": False, "accumulation": 2, "anchor": {"storage": "int8", "share": 0.1}}
    phases = [told | {"settings": SETTINGS | {"importance": "path_integral", "form": None}}]
    found = estimate(str(model_folder("gpt2")), "float32", False, vars(LORA), phases, "cpu")
    assert found["device"] == "cpu" and found["availableBytes"] > 0 and found["programBytes"] > 10**8
    assert 0 < found["trained"] < found["parameters"]
    assert list(found["phases"][0]) == ["weights", "gradients", "optimizer", "importance", "anchor", "activations"]
    assert all(bytes > 0 for bytes in found["phases"][0].values())


def test_an_adapter_whose_size_depends_on_the_weights_is_refused(model_folder):
    osf = AdapterSettings("osf", None, None, None, None, 0.5)
    with pytest.raises(InvalidInputError, match='expected an adapter of the kind lora, rslora or dora, found "osf"'):
        PlannedModel(model_folder("llama-tied"), False, False, osf)


def test_every_method_is_foreseen_with_its_anchor_where_it_has_one(model_folder):
    model = PlannedModel(model_folder("llama-tied"), False, False, LORA)
    for name in methods.names():
        method = methods.find(name)
        anchor = None if method.importance is None else Float32()
        held = model.memory(planned(method=name, space=method.spaces[0], options={}, anchor=anchor)).anchor
        assert (held > 1000) == (name not in ("none", "kl", "asft", "olora")), name
