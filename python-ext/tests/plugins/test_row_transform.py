import json

import pytest

from ballast import PluginError
from ballast.plugins import RowTransform

ROWS = [{"a": "1"}, {"a": "é"}]


def made(module, body):
    module(f"def clean(rows):\n    {body}\n")
    return [json.loads(line) for line in RowTransform("mine:clean").lines(ROWS).splitlines()]


@pytest.mark.parametrize(
    ("body", "expected"),
    [("return rows", ROWS), ("return []", []), ("return rows + rows", ROWS + ROWS),
     ("yield from ({'b': row['a'], 'c': None} for row in rows)", [{"b": "1", "c": None}, {"b": "é", "c": None}]),
     ("return tuple(rows)", ROWS)],
)  # fmt: skip
def test_it_may_drop_add_and_change_rows(module, body, expected):
    assert made(module, body) == expected


@pytest.mark.parametrize(
    ("body", "found"),
    [("return None", "found NoneType"), ("return rows[0]", "found dict"), ("return 'abc'", "found str"),
     ("return ['a']", "a row that is 'a'"), ("return [{'a': float('nan')}]", "not JSON compliant.* in {'a': nan}"),
     ("return [{'a': {1, 2}}]", "set is not JSON serializable"), ("yield 1 / 0", ": ZeroDivisionError")],
)  # fmt: skip
def test_what_are_no_rows_is_told_with_file_and_line(module, body, found):
    with pytest.raises(PluginError, match=f"transform: .*mine.py, line [12].*{found}"):
        made(module, body)


def test_what_cannot_be_called_is_refused(module):
    module("clean = 3\n")
    with pytest.raises(PluginError, match="a function of a list of rows, found 3"):
        RowTransform("mine:clean")
