"""A method of one's own that fails, or gives what is of no use, is told with its file and line."""

import itertools

import pytest
import torch
from phases import SETTINGS, retain, tiny_model

from ballast import InvalidInputError, PluginError, methods, models
from ballast.plugins.retaining import GuardedRetention
from ballast.training.model_phase import ModelPhase

METHOD = """
import torch
from dataclasses import dataclass
from ballast.forward import scoring
from ballast.errors import DivergedError
from ballast.methods import Method
from ballast.retention import Retention


class Broken(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise ValueError("no way back")


class Held(Retention):
    acts_on_step = True
    strength = 2.0

    {body}


@dataclass(frozen=True)
class Mine(Method):
    forms = ("proximal", "gradient")

    def retain(self, start):
        return Held()


@dataclass(frozen=True)
class Late(Method):
    def retain(self, start):
        return Held(start.parameters["nowhere"])


@dataclass(frozen=True)
class Nothing(Method):
    def retain(self, start):
        return None


@dataclass(frozen=True)
class Refuses(Method):
    strengths = {{}}

    def retain(self, start):
        from ballast import InvalidInputError

        raise InvalidInputError("expected an anchor of mine, found none")
"""
BODY_LINE = METHOD[: METHOD.index("{body}")].count("\n") + 1


@pytest.fixture
def own(module):
    """`own(body, name)`: the retention of a method whose retention has this body."""

    folders = map(str, itertools.count())

    def make(body="pass", name="Mine"):
        module(METHOD.format(body=body), next(folders))
        return retain(f"mine:{name}", tiny_model())

    return make


@pytest.mark.parametrize("call", [("add_gradient",), ("proximal_step", 0.1, torch.zeros(())), ("value",)])
def test_what_fails_while_a_phase_goes_on_is_told_with_file_and_line(own, call):
    retention = own("def add_gradient(self): return {}['x']\n    value = proximal_step = lambda *_: {}['x']")
    with pytest.raises(PluginError, match='^retention.method: "mine:Mine" failed at ') as caught:
        getattr(retention, call[0])(*call[1:])
    line = BODY_LINE + (call[0] != "add_gradient")
    assert str(caught.value).endswith(f"0/mine.py, line {line}: KeyError: 'x'")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("def objective(self, opened, batch): return batch.nothing", "failed at .*'TokenBatch' object has no"),
        ("def objective(self, opened, batch): return 1.0", r"two 0-dim tensors, \(objective, task loss\), found 1.0"),
        ("def objective(self, *_): return (torch.ones(()), torch.ones(()))", "found one that the model has no part in"),
        (
            "def objective(self, *_): return (Broken.apply(scoring.loss_sum(*_)), torch.ones(()))",
            "failed at .*line 17: ValueError: no way back",
        ),
    ],
)
def test_an_objective_of_ones_own_is_looked_at_where_it_is_trained_on(
    module, model_folder, slot_of, documents, body, told
):
    path = module(METHOD.format(body=body))
    opened = models.open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
    *slot, targets = slot_of([[documents[0]]])
    phase = ModelPhase(opened, SETTINGS | {"method": "mine:Mine"}, None)
    with pytest.raises(PluginError, match=f"mine:Mine.*{told}") as caught:
        phase.forward_backward(*slot, targets)
    assert str(path) in str(caught.value)


def test_what_the_method_gives_is_used_as_it_is(own):
    retention = own("def value(self): return torch.full((), 3.0)")
    assert isinstance(retention, GuardedRetention) and retention.acts_on_step and retention.strength == 2.0
    assert retention.value() == 3 and retention.add_gradient() is None and not retention.acts_on_objective
    assert own("objective = lambda *_: None").acts_on_objective
    with pytest.raises(PluginError, match="expected .* a 0-dim tensor, found 3"):
        own("value = lambda self: 3").value()
    with pytest.raises(PluginError, match="expected .* None or a 0-dim tensor, found 3"):
        own("add_gradient = lambda self: 3").add_gradient()


def test_a_method_that_fails_as_the_phase_begins_is_told_likewise(own):
    with pytest.raises(PluginError, match="mine.py, line [0-9]+: KeyError: 'nowhere'"):
        own(name="Late")
    with pytest.raises(PluginError, match="expected .*mine:Nothing.* a ballast.retention.Retention .* found None"):
        own(name="Nothing")
    with pytest.raises(PluginError, match="mine:Refuses.* failed at .*KeyError: 'proximal'"):
        methods.describe("mine:Refuses")


def test_what_a_method_says_itself_and_memory_that_runs_out_stay_what_they_are(own):
    with pytest.raises(InvalidInputError, match="^expected an anchor of mine, found none$") as caught:
        own(name="Refuses")
    assert not isinstance(caught.value, PluginError)
    with pytest.raises(MemoryError):
        own("def value(self): raise MemoryError").value()


def test_ballasts_own_parts_keep_their_fused_step():
    assert not isinstance(retain("ballast.methods.l2:L2", tiny_model()), GuardedRetention)
