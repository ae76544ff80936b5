"""Blocks that torch.compile has compiled train as they are, up to the order of sums."""

import pytest
import torch
from phases import SETTINGS
from torch._dynamo.utils import counters

from ballast import EnvironmentMissingError, models
from ballast.forward import scoring
from ballast.forward.batches import read_slot
from ballast.importance import PATH_INTEGRAL
from ballast.models import compilation
from ballast.training.model_phase import ModelPhase


@pytest.fixture
def opened_model(model_folder):
    return lambda: models.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)


def trained(opened, slots) -> tuple[list[float], dict[str, torch.Tensor]]:
    phase = ModelPhase(opened, SETTINGS | {"importance": PATH_INTEGRAL}, None)
    losses = []
    for *slot, targets in slots:
        phase.forward_backward(*slot, targets)
        phase.training.step()
        losses.append(phase.training.progress()["loss"])
    return losses, {name: parameter.detach().clone() for name, parameter in opened.model.named_parameters()}


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # PyTorch looks at it while it compiles.
def test_a_compiled_model_trains_on_rows_of_any_length_as_it_is(opened_model, slot_of, documents):
    rows = ([documents[:2], documents[2:4]], [documents[1:3]], [documents[:1], documents[1:2]])
    slots = [slot_of(each) for each in rows]
    losses, parameters = trained(opened_model(), slots)
    opened = opened_model()
    compilation.compile_blocks(opened)
    counters.clear()
    compiled, moved = trained(opened, slots)
    graphs = counters["stats"]["unique_graphs"]
    assert graphs > 0
    assert compiled == pytest.approx(losses, rel=1e-5)
    for name, parameter in parameters.items():
        assert torch.allclose(moved[name], parameter, atol=1e-5), name
    *slot, _ = slots[0]
    scoring.mean_loss(opened, read_slot(*slot, opened.vocabulary_size, opened.device))
    assert counters["stats"]["unique_graphs"] == graphs  # What is scored is not compiled.


def test_a_machine_that_cannot_compile_is_told_which_setting_to_change(opened_model, slot_of, documents):
    from torch._inductor import config

    opened = opened_model()
    compilation.compile_blocks(opened)
    torch._dynamo.reset()
    with (
        config.patch({"cpp.cxx": ("no-such-compiler",), "force_disable_caches": True}),
        pytest.raises(EnvironmentMissingError, match="expected PyTorch to compile .* set model.compile to false"),
    ):
        trained(opened, [slot_of([documents[:2]])])
