"""`ballast.run` with a launcher that only pretends to run; Java's RunFromPythonTest has a real one."""

import json
from pathlib import Path

import pretended_launcher
import pytest

import ballast
from ballast import launcher


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A folder of Ballast whose launcher does what its plan.json says."""
    pretended_launcher.write(tmp_path)
    monkeypatch.setenv(launcher.HOME, str(tmp_path))
    return tmp_path


def told(home: Path) -> dict:
    return json.loads((home / "told.json").read_text())


def test_a_mapping_goes_to_standard_input_and_overrides_become_settings(home):
    run = ballast.run({"name": "x"}, overrides={"retention.lambda": 3, "model.path": "m", "domain.packing": True},
                      progress=False)  # fmt: skip
    assert run.folder == home / "run"
    assert json.loads(told(home)["given"]) == {"name": "x"}
    arguments = told(home)["arguments"]
    assert arguments[:8] == ["run", "-", "--set", "retention.lambda=3", "--set", "model.path=m", "--set",
                             "domain.packing=true"]  # fmt: skip


def test_a_path_is_handed_on_as_it_is(home):
    ballast.run(Path("some/experiment.yaml"), progress=False)
    assert told(home)["arguments"][1] == "some/experiment.yaml" and told(home)["given"] == ""


def test_events_are_heard_while_it_runs_and_shown(home, capsys):
    heard = []
    ballast.run("x.json", on_event=heard.append)
    assert [event.type for event in heard] == ["started", "warning", "step", "step", "step"]
    assert [event.step for event in heard] == [0, 0, 1, 2, 3]
    shown = capsys.readouterr().err
    assert "domain" in shown and "3/3" in shown and "loss=2.000" in shown and "warning: one row was cut" in shown


@pytest.mark.parametrize(
    ("code", "error"),
    [(2, ballast.InvalidInputError), (3, ballast.EnvironmentMissingError), (4, ballast.TrainingFailedError),
     (5, ballast.StoppedError), (1, ballast.OrchestratorError)],
)  # fmt: skip
def test_a_runs_error_has_its_message_exit_code_and_folder(home, code, error):
    (home / "plan.json").write_text(json.dumps({"code": code, "answer": {"error": "expected this, found that"}}))
    with pytest.raises(error, match="^expected this, found that$") as caught:
        ballast.run("x.json", progress=False)
    assert (caught.value.exit_code, caught.value.run_folder) == (code, home / "run")


def test_a_failed_runs_result_has_the_message(home):
    (home / "plan.json").write_text(json.dumps({"code": 4, "answer": {"schema": 1, "message": "not finite at step 3"}}))
    with pytest.raises(ballast.TrainingFailedError, match="^not finite at step 3$"):
        ballast.run("x.json", progress=False)


def test_a_process_that_ends_without_an_answer_is_told_with_what_it_said(home):
    (home / "plan.json").write_text('{"code": 137}')
    with pytest.raises(ballast.OrchestratorError, match="exit code 137; it said last:\nwhat it says at last"):
        ballast.run("x.json", progress=False)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, ValueError])
def test_an_interrupt_stops_the_run_and_waits_until_it_has_written_what_it_has(home, raised):
    (home / "plan.json").write_text('{"code": 5, "endless": true}')

    def interrupted(event):
        if event.step == 2:
            raise raised

    with pytest.raises(raised) as caught:
        ballast.run("x.json", on_event=interrupted, progress=False)
    assert (home / "stopped").exists()
    assert caught.value.__notes__ == [f"what the run has written: {home / 'run'}"]


def test_a_folder_that_is_not_ballasts_is_refused_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv(launcher.HOME, str(tmp_path / "none"))
    with pytest.raises(ballast.EnvironmentMissingError, match="BALLAST_HOME=.*none, which is no such folder. Clone"):
        ballast.run("x.json")


def test_without_a_name_the_launcher_is_that_of_the_checkout(monkeypatch):
    monkeypatch.delenv(launcher.HOME, raising=False)
    assert launcher.launcher() == Path(__file__).parents[2] / "ballast"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted where /proc lists them")
def test_nothing_is_left_open(home):
    ballast.run("x.json", progress=False)
    before = len(list(Path("/proc/self/fd").iterdir()))
    ballast.run("x.json", progress=False)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
