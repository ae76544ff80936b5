import threading
import time

import pytest

from ballast import PluginError
from ballast.plugins import load, look_in
from ballast.plugins.time_limit import within

SECONDS = 0.2


@pytest.fixture(autouse=True)
def without_limit():
    yield
    look_in([])


def plugin_threads():
    return [thread for thread in threading.enumerate() if thread.name == "ballast-plugin"]


def test_the_answer_and_the_error_are_those_of_the_call():
    assert within(60, lambda: 7) == 7
    with pytest.raises(KeyError, match="nowhere"):
        within(60, lambda: {}["nowhere"])
    with pytest.raises(SystemExit):
        within(60, lambda: exec("raise SystemExit(3)"))


@pytest.mark.parametrize(
    ("body", "line"),
    [("    while True:\n        rows.append(1)\n        rows.clear()\n", "[567]"), ("    lock = threading.Lock()\n    "
     "lock.acquire()\n    lock.acquire()\n", "7"), ("    time.sleep(3)\n", "5")],
    ids=["a loop", "a lock", "a sleep"],
)  # fmt: skip
def test_one_that_does_not_return_is_told_with_the_line_it_was_in(module, body, line):
    path = module("import threading\nimport time\n\ndef clean(rows):\n" + body)
    look_in([str(path.parent)], SECONDS)
    plugin = load("mine:clean", "transform")
    told = f'^transform: "mine:clean" failed at {path}, line {line}: .*within 0.2 seconds.* pluginSeconds$'
    with pytest.raises(PluginError, match=told):
        plugin.guarded(lambda: plugin.value([]))


def test_a_loop_does_not_go_on_when_nobody_waits_for_it(module):
    body = "        try:\n            rows[:] = [1]\n        except Exception:\n            pass\n"
    path = module("def clean(rows):\n    while True:\n" + body)
    look_in([str(path.parent)], SECONDS)
    plugin = load("mine:clean", "transform")
    before = set(plugin_threads())
    with pytest.raises(PluginError):
        plugin.guarded(lambda: plugin.value([]))
    while set(plugin_threads()) - before:
        time.sleep(0.01)


def test_an_import_that_does_not_end_is_told(module):
    path = module("import time\ntime.sleep(3)\n")
    look_in([str(path.parent)], SECONDS)
    with pytest.raises(PluginError, match=f"failed at {path}, line 2: .*within 0.2 seconds"):
        load("mine:clean", "transform")
