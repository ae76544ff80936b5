import pytest
from phases import SETTINGS

from ballast import InvalidInputError, PhaseSettings


def test_camel_case_keys_become_fields_and_lambda_is_strength():
    settings = PhaseSettings.from_dict(SETTINGS | {"lambda": 3.0, "warmupSteps": 4, "layerCoefficients": "paper"})
    assert (settings.strength, settings.warmup_steps, settings.layer_coefficients) == (3.0, 4, "paper")


def test_a_key_that_is_missing_or_unknown_is_named():
    with pytest.raises(TypeError, match="clip_norm"):
        PhaseSettings.from_dict({key: value for key, value in SETTINGS.items() if key != "clipNorm"})
    with pytest.raises(TypeError, match="momentum"):
        PhaseSettings.from_dict(SETTINGS | {"momentum": 0.9})


def test_a_strength_left_open_is_the_default_of_the_form():
    defaults = {"proximal": 30.0, "gradient": 0.01}
    assert PhaseSettings.from_dict(SETTINGS | {"form": "gradient"}).strength_or(defaults) == 0.01
    assert PhaseSettings.from_dict(SETTINGS | {"lambda": 0.0}).strength_or(defaults) == 0.0


def test_an_unknown_form_is_refused():
    with pytest.raises(InvalidInputError, match='found "both"'):
        PhaseSettings.from_dict(SETTINGS | {"form": "both"}).strength_or({"proximal": 30.0})
