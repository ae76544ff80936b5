"""lm-eval itself, for all tests of tasks: started once, since its imports take longer than the questions."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("lm_eval_process.py")


class LmEval:
    """Asks lm-eval's own process; `lm_eval_process.py` says what can be asked."""

    def __init__(self, errors: Path) -> None:
        self._errors = errors
        self._log = errors.open("w")
        self._process: subprocess.Popen | None = None

    def ask(self, what: str, **arguments):
        """The answer; an error of lm-eval's becomes a RuntimeError."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, str(SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"},
            )
        self._process.stdin.write(json.dumps({"ask": what} | arguments) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self._errors.read_text()[-3000:]
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["answer"]

    def close(self) -> None:
        self._log.close()
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()


@pytest.fixture(scope="session")
def lm_eval(tmp_path_factory):
    process = LmEval(tmp_path_factory.mktemp("lm_eval") / "errors.txt")
    yield process
    process.close()
