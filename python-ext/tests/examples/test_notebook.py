"""The notebook runs from top to bottom, and shows what it showed when it was committed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parents[3]
NOTEBOOK = json.loads((HOME / "examples/notebook/ballast.ipynb").read_text(encoding="utf-8"))
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def committed_output() -> str:
    return "".join(line for cell in CODE for output in cell["outputs"] for line in output["text"])


def kept(output: str) -> dict[str, float]:
    """Perplexity of general facts by strength."""
    return {strength: float(value) for strength, value in re.findall(r"^λ (\d+) +\S+ +(\S+)", output, re.MULTILINE)}


def test_the_cells_run_in_order_and_the_penalty_keeps_what_plain_training_forgets(tmp_path):
    script = tmp_path / "notebook.py"
    script.write_text("\n\n".join("".join(cell["source"]) for cell in CODE), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(HOME / "python-ext"), "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    ran = subprocess.run([sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for output in (ran.stdout, committed_output()):
        assert kept(output).keys() == {"0", "10", "100"}
        assert kept(output)["0"] > 3 * kept(output)["100"]


def test_the_committed_notebook_was_run_in_order_and_names_no_machine():
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    assert not re.search(r"/(home|root|tmp|work|Users)/", committed_output())
