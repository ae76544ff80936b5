import pytest

from ballast import PluginError
from ballast.plugins import ItemMetric

ITEMS = [{"log_probabilities": [-1.0, -2.0]}, {"log_probabilities": [-3.0, -0.5]}]

TWO = """
def margin(items):
    return [item["log_probabilities"][0] - item["log_probabilities"][1] for item in items]

def cost(items):
    import numpy
    return numpy.array([True, False])

cost.higher_is_better = False
"""


def test_it_gives_one_number_an_item_and_says_which_way_is_better(module):
    module(TWO)
    margin, cost = ItemMetric("mine:margin"), ItemMetric("mine:cost")
    assert (margin.values(ITEMS), margin.higher_is_better) == ([1.0, -2.5], True)
    assert not cost.higher_is_better


@pytest.mark.parametrize(
    ("body", "found"),
    [("return 0.5", "found 0.5"), ("return [1.0]", "found 1"), ("return [1.0, float('inf')]", "found inf for item 1"),
     ("return ['a', 'b']", "found 'a' for item 0"), ("return [items[2]]", ": IndexError")],
)  # fmt: skip
def test_anything_else_is_told_with_file_and_line(module, body, found):
    module(f"def wrong(items):\n    {body}\n")
    with pytest.raises(PluginError, match=f"metrics: .*mine.py, line [12].*{found}"):
        ItemMetric("mine:wrong").values(ITEMS)
