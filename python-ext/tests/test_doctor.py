"""The doctor runs by any Python, and knows what the package depends on."""

import json
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

from ballast import doctor

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


def test_it_looks_for_every_dependency():
    names = [dependency.split(">")[0].split("<")[0] for dependency in PROJECT["dependencies"]]
    assert list(doctor.PACKAGES) == names


def test_this_environment_lacks_nothing():
    found = {each["name"]: each for each in doctor.findings(version("jep"))}
    assert all(each["found"] and not each["action"] for each in found.values()), found


def test_another_jep_is_told_with_what_to_do():
    told = next(each for each in doctor.findings("9.9.9") if each["name"] == "jep")
    assert not told["found"]
    assert told["expected"].startswith("9.9.9")
    assert "jep==9.9.9" in told["action"]


def test_a_python_without_anything_is_described(tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    answer = subprocess.run(
        [bare / "bin" / "python", "-I", doctor.__file__, "4.2.2"], check=True, capture_output=True, text=True
    ).stdout
    found = {each["name"]: each for each in json.loads(answer)}
    assert found["Python"]["found"]
    assert found["torch"] == {
        "name": "torch", "found": False, "version": "none", "path": "", "expected": "installed",
        "action": "pip install torch",
    }  # fmt: skip
