"""The code in docs/teams.md runs; its Java is compared with classes that run by Java's TeamsPageTest."""

import json
import re
import sys
from pathlib import Path

import pretended_launcher
import pytest

from ballast import launcher, plugins

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "docs/teams.md").read_text(), re.DOTALL | re.MULTILINE)
READ, RUN, WATCHED, PLUGINS = (code for language, code in BLOCKS if language == "python")
(EXPERIMENT,) = (json.loads(code) for language, code in BLOCKS if language == "json")
GOLDEN = ROOT / "orchestrator/src/test/resources/io/ballast/artifacts/schema-1"


@pytest.fixture
def home(tmp_path, monkeypatch):
    pretended_launcher.write(tmp_path)
    (tmp_path / "plan.json").write_text(json.dumps({"code": 0, "answer": {}, "folder": str(GOLDEN)}))
    monkeypatch.setenv(launcher.HOME, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_is_read_as_the_page_says(capsys):
    names = {}
    exec(re.sub(r'Run\(".*"\)', f"Run({str(GOLDEN)!r})", READ), names)
    assert (len(names["wrong"]), len(names["losses"]), len(names["base"])) == (2, 6, 64)
    assert "completed" in capsys.readouterr().out


def test_a_run_is_started_as_the_page_says(home, capsys):
    exec(RUN, {})
    assert "tales" in capsys.readouterr().out
    assert json.loads((home / "told.json").read_text())["arguments"][2:4] == ["--set", "retention.lambda=3"]


def test_a_run_is_watched_as_the_page_says(home, capsys):
    exec(WATCHED, {})
    (home / "plan.json").write_text('{"code": 2, "answer": {"error": "expected a model"}}')
    exec(WATCHED, {})
    assert capsys.readouterr().out == "2 expected a model\n"


def test_the_pages_plugins_are_those_that_its_experiment_names(home):
    Path("team_plugins.py").write_text(PLUGINS)
    domain, (task,) = EXPERIMENT["domain"], EXPERIMENT["evaluation"]["domain"]
    rows = [{"question": "What dose?", "answer": "Two MG"}, {"question": "Who?", "answer": "He"}]
    transform = plugins.RowTransform(domain["data"][0]["transform"])
    assert json.loads(transform.lines(rows)) == rows[0] | {"answer": "two mg"}
    metric = plugins.ItemMetric(task["metrics"][0])
    assert metric.values([{"log_probabilities": [-6.0], "tokens": [3]}]) == [2.0] and not metric.higher_is_better
    rule = plugins.StoppingRule(domain["stop"])
    said = [rule.reason(step, [3.0, 2.0, 2.5, 2.5, 2.5][:step]) for step in range(1, 6)]
    assert said == [None] * 4 + ["no better loss in 3 looks"]
    del sys.modules["team_plugins"]


def test_the_pages_exceptions_have_the_pages_exit_codes():
    import ballast

    rows = re.findall(r"^\| (`\w+Error`.*?) \| (\d) \|", (ROOT / "docs/teams.md").read_text(), re.MULTILINE)
    assert len(rows) == 5
    for names, code in rows:
        for name in re.findall(r"\w+Error", names):
            assert getattr(ballast, name).exit_code == int(code)
