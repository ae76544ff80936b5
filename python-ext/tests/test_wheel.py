"""What `pip install` of this package brings: the whole package, the kernels' source and the task files."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import ballast

ROOT = Path(__file__).parents[2]
IMPORTS = """
import importlib.metadata, ballast
from ballast import PathIntegral, RetentionPenalty, Run
from ballast.integrations.trainer import BallastCallback
from ballast.kernels import cuda_source
from ballast.tasks.directory import Directory
found = sorted(path.parent.name for path in cuda_source.find().values())
print(ballast.__file__, importlib.metadata.version("ballast"), found)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built of a copy, since setuptools leaves its own folders in the source tree."""
    clone = tmp_path_factory.mktemp("clone")
    for name in ("python-ext/ballast", "native/cuda", "native/src"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml"):
        shutil.copy(ROOT / "python-ext" / name, clone / "python-ext" / name)
    build = "import setuptools.build_meta as backend; backend.build_wheel('out')"
    subprocess.run([sys.executable, "-c", build], cwd=clone / "python-ext", check=True, capture_output=True)
    (built,) = (clone / "python-ext" / "out").glob("*.whl")
    return built


def test_it_holds_kernel_sources_and_task_files(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"ballast/kernels/kernels.cu", "ballast/kernels/elements.h"} <= names
    tasks = ROOT / "python-ext/ballast/tasks/files"
    files = {path for path in tasks.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {str(path.relative_to(ROOT / "python-ext")) for path in files} <= names
    sources = {str(path.relative_to(ROOT / "python-ext")) for path in (ROOT / "python-ext/ballast").rglob("*.py")}
    assert sources <= names


def test_it_is_imported_where_there_is_no_checkout(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    ran = subprocess.run([sys.executable, "-W", "error", "-c", IMPORTS], cwd=tmp_path, text=True, capture_output=True,
                         env=os.environ | {"PYTHONPATH": str(tmp_path / "site")})  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    where, version, sources = ran.stdout.strip().split(" ", 2)
    assert Path(where).is_relative_to(tmp_path) and version == ballast.__version__
    assert sources == "['kernels', 'kernels']", "beside the module"


def test_its_version_is_javas():
    version = re.search(r"<version>(.*)</version>", (ROOT / "pom.xml").read_text())[1]
    assert version.removesuffix("-SNAPSHOT") == ballast.__version__
