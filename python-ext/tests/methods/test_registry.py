import sys

import pytest
import torch
from phases import retain, tiny_model

from ballast import InvalidInputError, methods
from ballast.methods import registry

OF_ONES_OWN = '''
"""A method of one's own."""

from dataclasses import dataclass

import torch

from ballast.methods import Method, PhaseStart, option
from ballast.methods.anchored import AnchoredMethod
from ballast.retention.penalty import QuadraticPenalty


@dataclass(frozen=True)
class Biases(Method):
    """Only biases and norms are held.

    λ Σ_i (θ_i − θ*_i)² over vectors.
    """

    most_dimensions: int = option(1, "Parameters of more dimensions are free.", minimum=0)
    kind: str = option("all", "Which.", choices=("all", "norm"))

    def retain(self, start: PhaseStart) -> QuadraticPenalty:
        held = {name: p for name, p in start.parameters.items() if p.dim() <= self.most_dimensions}
        return QuadraticPenalty(
            held,
            weights=dict.fromkeys(held, torch.ones(())),
            coefficients=dict.fromkeys(held, 1.0),
            reference={name: p.detach().clone() for name, p in held.items()},
            strength=1.0 if start.settings.strength is None else start.settings.strength,
            form=start.settings.form,
        )


class Mine(AnchoredMethod):
    importance = "fisher"


class NoMethod:
    pass
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module in the working directory, which is not on Python's path."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "biases.py").write_text(OF_ONES_OWN)
    (tmp_path / "mine" / "broken.py").write_text("import no_such_module\n")
    monkeypatch.chdir(tmp_path)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "mine"]:
        del sys.modules[name]


def test_every_method_of_the_folder_is_known():
    assert {"hierarchical", "l2", "none"} <= set(methods.names())


def test_an_unknown_method_is_refused_with_the_nearest():
    with pytest.raises(InvalidInputError, match='found "heirarchical"; did you mean "hierarchical"'):
        methods.create("heirarchical", {})
    with pytest.raises(InvalidInputError, match='found "zzz"$'):
        methods.create("zzz", {})


def test_a_new_file_in_the_folder_is_a_new_method(tmp_path, monkeypatch):
    (tmp_path / "newest.py").write_text(
        "from ballast.methods.registry import register\n@register('newest')\nclass Newest: pass\n"
    )
    monkeypatch.setattr(registry, "_METHODS", dict(registry._METHODS))
    monkeypatch.setitem(sys.modules, "ballast.methods.newest", None)
    del sys.modules["ballast.methods.newest"]  # What the test imports is forgotten after it.
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    methods.discover()
    assert type(methods.create("newest", {})).__name__ == "Newest"


@pytest.mark.parametrize("name", methods.names())
def test_every_method_says_what_it_is(name):
    description = methods.describe(name)
    assert description["summary"].endswith(".") and description["formula"]
    assert description["paper"] or name == "none"
    assert list(description["lambda"]) == description["forms"] != []
    for option in description["options"]:
        assert option["meaning"].endswith(".") and option["type"] in ("bool", "int", "float", "str")


def test_a_method_of_ones_own_is_imported_from_the_working_directory_and_acts(own):
    model = tiny_model()
    retention = retain("mine.biases:Biases", model, strength=2.0, options={"mostDimensions": 1})
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 1
    vectors = sum(parameter.numel() for parameter in model.parameters() if parameter.dim() == 1)
    assert retention.value().item() == pytest.approx(2.0 * vectors)
    assert methods.describe("mine.biases:Biases")["options"][0]["name"] == "mostDimensions"


def test_a_method_of_ones_own_goes_by_the_name_it_was_asked_for_and_a_known_one_by_its_own(own):
    with pytest.raises(InvalidInputError, match='for the method "mine.biases:Mine", found none'):
        retain("mine.biases:Mine", tiny_model())
    assert methods.find("ballast.methods.l2:L2").name == "l2"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mine.missing:Biases", "No module named 'mine.missing'"),
        ("mine.biases:Other", "found no Other in .*biases.py; it has Biases, Mine, NoMethod"),
        ("mine.broken:Biases", "broken.py, line 1: .*No module named 'no_such_module'.* on PYTHONPATH"),
        ("mine.biases:NoMethod", "expected a subclass of ballast.methods.Method"),
        ("ballast.methods:Method", 'expected a method with "retain"'),
    ],
)
def test_a_class_that_is_no_method_is_refused_with_the_reason(own, name, expected):
    with pytest.raises(InvalidInputError, match=f"retention.method: .*{expected}"):
        methods.create(name, {})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"mostDimension": 1}, 'unknown key "mostDimension" .* did you mean "mostDimensions"'),
        ({"mostDimensions": "one"}, "mostDimensions: expected int, found 'one'"),
        ({"mostDimensions": True}, "mostDimensions: expected int, found True"),
        ({"mostDimensions": -1}, "mostDimensions: expected at least 0, found -1"),
        ({"kind": "some"}, "kind: expected one of all, norm, found 'some'"),
    ],
)
def test_an_option_that_is_wrong_is_named(own, options, expected):
    with pytest.raises(InvalidInputError, match=f"retention.options.*{expected}"):
        methods.create("mine.biases:Biases", options)


def test_a_form_that_the_method_does_not_have_is_refused():
    with pytest.raises(InvalidInputError, match='retention.form: expected proximal or gradient for the method "l2"'):
        retain("l2", tiny_model(), form="objective")


def test_a_negative_strength_is_refused():
    with pytest.raises(InvalidInputError, match="retention.lambda: expected a finite number of at least 0, found -1"):
        retain("l2", tiny_model(), strength=-1)
