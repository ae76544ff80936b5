from phases import settings, tiny_model

from ballast import covered_parameters, methods


def test_none_has_no_penalty():
    model = tiny_model()
    assert methods.create("none").penalty(model, covered_parameters(model), None, settings()) is None
