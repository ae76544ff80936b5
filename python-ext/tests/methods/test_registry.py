import sys

import pytest

from ballast import InvalidInputError, methods
from ballast.methods import registry


def test_every_method_of_the_folder_is_known():
    assert {"hierarchical", "l2", "none"} <= set(methods.names())


def test_an_unknown_method_is_refused_with_the_nearest():
    with pytest.raises(InvalidInputError, match='found "heirarchical"; did you mean "hierarchical"'):
        methods.create("heirarchical")
    with pytest.raises(InvalidInputError, match='found "zzz"$'):
        methods.create("zzz")


def test_a_new_file_in_the_folder_is_a_new_method(tmp_path, monkeypatch):
    (tmp_path / "newest.py").write_text(
        "from ballast.methods.registry import register\n@register('newest')\nclass Newest: pass\n"
    )
    monkeypatch.setattr(registry, "_METHODS", dict(registry._METHODS))
    monkeypatch.setitem(sys.modules, "ballast.methods.newest", None)
    del sys.modules["ballast.methods.newest"]  # What the test imports is forgotten after it.
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    methods.discover()
    assert type(methods.create("newest")).__name__ == "Newest"
