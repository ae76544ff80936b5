"""Modules of the user's own, in folders of their own."""

import sys

import pytest

from ballast import plugins


@pytest.fixture
def module(tmp_path, monkeypatch):
    """`module(text, folder="a")`: writes mine.py, which is then looked for in that folder; gives its path."""
    monkeypatch.chdir(tmp_path)

    def write(text, folder="a"):
        path = tmp_path / folder / "mine.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        plugins.look_in([str(path.parent)])
        return path

    yield write
    plugins.look_in([])
    sys.modules.pop("mine", None)
