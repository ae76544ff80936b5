"""Runs of the Java side, from Python or a notebook."""

import contextlib
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from ballast.artifacts import Event, Run
from ballast.errors import (
    BallastError,
    EnvironmentMissingError,
    InvalidInputError,
    OrchestratorError,
    StoppedError,
    TrainingFailedError,
)
from ballast.launcher import launcher
from ballast.run_progress import RunProgress

_ERRORS = {
    error.exit_code: error
    for error in (InvalidInputError, EnvironmentMissingError, TrainingFailedError, StoppedError, OrchestratorError)
}
_LAST_LINES = 20
_SOME_BYTES = 1 << 16


def run(
    experiment: str | os.PathLike[str] | Mapping[str, Any],
    *,
    overrides: Mapping[str, Any] | None = None,
    on_event: Callable[[Event], None] | None = None,
    progress: bool = True,
) -> Run:
    """Runs an experiment in a process of its own, as `ballast run` does, and waits for its end.

    An interrupt (Ctrl-C, a notebook's stop button) lets the run finish its step and write what it has, and is then
    raised with the run's folder as a note. A second one ends the process at once.

    Args:
        experiment: a .json, .yaml or .yml file; or the same as a mapping, whose paths start from the working directory
        overrides: settings by their path, such as {"retention.lambda": 3}; paths start from the working directory
        on_event: hears each event while the run goes; what it raises ends the run
        progress: whether a bar shows how far the run is

    Returns:
        the completed run

    Raises:
        InvalidInputError: the experiment is wrong (exit code 2).
        EnvironmentMissingError: something has to be installed, or there is no launcher (3).
        TrainingFailedError: it diverged, or memory ran out (4).
        StoppedError: something else stopped it (5).
        OrchestratorError: a bug (1), or the process was ended.
    """
    given = isinstance(experiment, Mapping)
    arguments = ["-" if given else os.fspath(experiment)]
    for name, value in (overrides or {}).items():
        arguments += ["--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    with RunProgress(progress) as shown, _Process(arguments, json.dumps(experiment) if given else "") as process:
        for event in process.events():
            shown.show(event)
            if on_event is not None:
                on_event(event)
        return process.result()


class _Process:
    """The Java side at work. Events come through a pipe, so that neither the result nor messages get among them."""

    def __init__(self, arguments: list[str], experiment: str) -> None:
        started = launcher()
        self.folder: Path | None = None
        self._answer = tempfile.TemporaryFile("w+", encoding="utf-8")  # A pipe that nobody reads would fill up.
        self._lines, told = os.pipe()
        command = [started, "run", *arguments, "--json", "--quiet", "--events", f"/dev/fd/{told}"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=self._answer, stderr=subprocess.PIPE, pass_fds=[told], text=True,
            encoding="utf-8", errors="replace", start_new_session=True,
        )  # fmt: skip
        os.close(told)  # What is left open is the run's, whose end ends the lines.
        self._said: list[str] = []
        self._listening = threading.Thread(target=self._listen, args=[self._process.stderr], daemon=True)
        self._listening.start()
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(experiment)

    def __enter__(self) -> "_Process":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """However the waiting ended, the run has ended with it."""
        if self._process.poll() is None:
            self._stop()
        self._listening.join()
        self._answer.close()
        os.close(self._lines)
        if error is not None and self.folder is not None and not isinstance(error, BallastError):
            error.add_note(f"what the run has written: {self.folder}")

    def events(self) -> Iterator[Event]:
        """Each as it comes, up to the run's end."""
        with open(os.dup(self._lines), encoding="utf-8") as lines:
            for line in lines:
                event = Event.of(json.loads(line), "the run's events")
                if event.type == "started":
                    self.folder = Path(event.fields["folder"])
                yield event

    def result(self) -> Run:
        """The completed run, or the error that ended it."""
        code = self._process.wait()
        self._listening.join()
        if code == 0 and self.folder is not None:
            return Run(self.folder)
        error = _ERRORS.get(code, OrchestratorError)(self._message(code))
        error.run_folder = self.folder
        raise error

    def _message(self, code: int) -> str:
        self._answer.seek(0)
        with contextlib.suppress(ValueError, AttributeError):
            answer = json.loads(self._answer.read())
            if said := answer.get("error") or answer.get("message"):
                return said
        return f"the run ended with exit code {code}; it said last:\n" + "".join(self._said[-_LAST_LINES:])

    def _stop(self) -> None:
        self._process.terminate()
        try:
            while os.read(self._lines, _SOME_BYTES):  # A run that nobody listens to would wait.
                pass
            self._process.wait()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _listen(self, messages: IO[str]) -> None:
        with messages:
            for line in messages:
                self._said.append(line)
                del self._said[:-_LAST_LINES]
