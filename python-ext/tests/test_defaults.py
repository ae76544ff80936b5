"""What a notebook need not say is what an experiment need not say."""

import json
import re
from pathlib import Path

import pytest

from ballast import defaults

CONFIGURATION = Path(__file__).parents[2] / "orchestrator/src/main/java/io/ballast/config/RetentionConfig.java"


def of_experiments(key: str):
    """The value of `byDefault` in the annotation of a key."""
    [default] = re.findall(rf'byDefault = ("(?:[^"\\]|\\.)*")\)\s*\w+ {key}[,)]', CONFIGURATION.read_text())
    return json.loads(json.loads(default))


@pytest.mark.parametrize("key", ["reference", "layerCoefficients", "layers", "normalize"])
def test_a_default_is_that_of_experiments(key):
    name = re.sub("([A-Z])", r"_\1", key).upper()
    assert getattr(defaults, name) == of_experiments(key)


def test_damping_is_by_default_that_of_experiments():
    assert defaults.XI_IS_RELATIVE and of_experiments("xi") == {"relative": defaults.XI}
