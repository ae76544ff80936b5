import sys

import pytest

from ballast import InvalidInputError, PluginError
from ballast.java.handles import kind_of
from ballast.plugins import load


def test_it_is_found_in_the_folders_and_pythons_path_is_as_before(module):
    module("def clean(rows):\n    return rows\n")
    before = sys.path[:]
    assert load("mine:clean", "transform").value([1]) == [1]
    assert sys.path == before


def test_the_working_directory_comes_first(module, tmp_path):
    module("where = 'folder'\n")
    (tmp_path / "mine.py").write_text("where = 'working directory'\n")
    assert load("mine:where", "stop").value == "working directory"


def test_a_module_of_the_same_name_in_another_folder_is_imported_anew(module):
    module("which = 1\n", "a")
    assert load("mine:which", "stop").value == 1
    module("which = 2\n", "b")
    assert load("mine:which", "stop").value == 2


def test_a_module_may_import_its_neighbours_late(module):
    path = module("def late(rows):\n    from neighbour import NAME\n    return NAME\n")
    (path.parent / "neighbour.py").write_text("NAME = 'near'\n")
    plugin = load("mine:late", "transform")
    assert plugin.guarded(lambda: plugin.value([])) == "near"
    del sys.modules["neighbour"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [("x = 1\nx.y\n", 2, "AttributeError"), ("def f(:\n", 1, "SyntaxError"),
     ("import no_such\n", 1, "No module named 'no_such'"), ("import sys\nsys.exit(3)\n", 2, "SystemExit: 3")],
)  # fmt: skip
def test_what_fails_on_import_is_told_with_file_and_line(module, text, line, said):
    path = module(text)
    with pytest.raises(PluginError, match=f"^stop: \"mine:Rule\" failed at {path}, line {line}: .*{said}"):
        load("mine:Rule", "stop")


def test_the_line_is_the_plugins_own_where_a_library_failed(module):
    path = module("import json\n\n\ndef clean(rows):\n    return json.loads('{')\n")
    plugin = load("mine:clean", "transform")
    told = f'^transform: "mine:clean" failed at {path}, line 5: JSONDecodeError'
    with pytest.raises(PluginError, match=told):
        plugin.guarded(lambda: plugin.value([]))


def test_what_is_not_there_is_told_with_what_is_and_where_it_was_looked_for(module, tmp_path):
    path = module("import json\ndef clean(rows): ...\n")
    with pytest.raises(PluginError, match=f"found no cleen in {path}; it has clean$"):
        load("mine:cleen", "transform")
    places = f"{tmp_path}, {path.parent} and on PYTHONPATH"
    with pytest.raises(PluginError, match=f"No module named 'yours'.*looked for in {places}"):
        load("yours:clean", "transform")


def test_it_is_the_users_input_in_java_too():
    assert issubclass(PluginError, InvalidInputError) and kind_of(PluginError("x")) == "plugin"
