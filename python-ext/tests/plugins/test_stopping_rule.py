import pytest

from ballast import PluginError
from ballast.plugins import StoppingRule


@pytest.mark.parametrize(
    ("value", "reason"),
    [("None", None), ("False", None), ("''", None), ("True", "mine:rule says so"),
     ("losses[-1] < step", "mine:rule says so"), ("'enough'", "enough"),
     ("__import__('numpy').bool_(True)", "mine:rule says so")],
)  # fmt: skip
def test_a_function_says_why_to_stop(module, value, reason):
    module(f"def rule(step, losses):\n    return {value}\n")
    assert StoppingRule("mine:rule").reason(4, [3.0, 2.0]) == reason


def test_a_class_remembers_for_one_phase(module):
    module("class Rule:\n    seen = 0\n    def __call__(self, step, losses):\n"
           "        self.seen += 1\n        return self.seen > 1\n")  # fmt: skip
    first, second = StoppingRule("mine:Rule"), StoppingRule("mine:Rule")
    assert [first.reason(1, [1.0]), second.reason(1, [1.0])] == [None, None]
    assert first.reason(2, [1.0, 1.0]) == "mine:Rule says so"


@pytest.mark.parametrize(
    ("text", "found"),
    [("def rule(step):\n    return False\n", "mine.py, line 1: TypeError"),
     ("def rule(step, losses):\n    return [1]\n", "found \\[1\\]"), ("rule = 3\n", "found 3"),
     ("class rule:\n    def __init__(self, patience):\n        pass\n", "mine.py: TypeError: .*patience")],
)  # fmt: skip
def test_what_is_no_rule_is_told(module, text, found):
    module(text)
    with pytest.raises(PluginError, match=f"^stop: .*{found}"):
        StoppingRule("mine:rule").reason(1, [1.0])
