"""The launcher alone, before anything is built: a copy of it, the poms and the lock in an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "dirname", "readlink", "sed", "head", "tail", "awk", "cut", "cat", "date", "find", "mkdir", "touch", "rm",
         "ln", "sha256sum", "nproc", "tr", "uname")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A clone in which nothing has been built."""
    clone = tmp_path / "a clone"
    (clone / "python-ext").mkdir(parents=True)
    for name in ("ballast", "pom.xml", "python-ext/requirements.lock"):
        shutil.copy(ROOT / name, clone / name)
    return clone


def launch(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([clone / "ballast", *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "BALLAST_CACHE": str(clone / "cache"), **environment})


def path_without_tools(folder: Path) -> str:
    """A PATH with the shell's own tools and none of those that Ballast needs."""
    folder.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (folder / tool).symlink_to(found)
    return str(folder)


def test_doctor_lists_every_prerequisite_as_json_before_anything_is_built(bare):
    ran = launch(bare, "doctor", "--json")
    rows = {row["name"]: row for row in json.loads(ran.stdout)}
    assert {"JDK", "Maven", "Python", "C++ compiler", "CMake", "Python environment"} <= set(rows)
    assert all(set(row) == {"name", "found", "version", "path", "expected", "action"} for row in rows.values())
    assert not rows["Python environment"]["found"] and rows["Python environment"]["action"] == "./ballast setup"
    assert all(Path(row["path"]).exists() for row in rows.values() if row["path"] and row["found"])
    assert not (bare / "target").exists() and not (bare / "cache").exists()


def test_doctor_says_what_to_do_about_each_missing_tool_and_ends_with_three(bare):
    path = path_without_tools(bare / "tools")
    ran = launch(bare, "doctor", "--quiet", PATH=path, JAVA_HOME="", BALLAST_PYTHON="", CXX="")
    assert ran.returncode == 3
    missing = [line for line in ran.stdout.splitlines() if "MISSING" in line]
    for name in ("JDK", "Maven", "Python", "C++ compiler", "CMake"):
        line = next(line for line in missing if line.startswith(name))
        assert "expected" in line and "What to do: install" in line


def program(file: Path, line: str) -> None:
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)


def test_tools_that_are_too_old_are_named_with_their_versions(bare):
    path = path_without_tools(bare / "tools")
    (bare / "jdk" / "bin").mkdir(parents=True)
    program(bare / "jdk" / "bin" / "java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
    program(bare / "tools" / "cmake", "echo cmake version 3.9.6")
    program(bare / "tools" / "mvn", "echo Apache Maven 3.6.3")
    ran = launch(bare, "doctor", "--json", PATH=path, JAVA_HOME=str(bare / "jdk"), BALLAST_PYTHON="", CXX="")
    rows = {row["name"]: row for row in json.loads(ran.stdout)}
    for name, version, expected in (("JDK", "11.0.2", "17 or later"), ("CMake", "3.9.6", "3.18 or later"),
                                    ("Maven", "3.6.3", "3.8 or later")):
        assert not rows[name]["found"] and version in rows[name]["version"] and rows[name]["expected"] == expected


def test_setup_without_cmake_ends_with_three_and_one_message(bare):
    ran = launch(bare, "setup", "--native", PATH=path_without_tools(bare / "tools"))
    assert ran.returncode == 3
    assert ran.stderr.count("\n") == 1
    assert "expected CMake 3.18 or later; found none. What to do: install CMake" in ran.stderr


@pytest.mark.parametrize("command", ["setup", "doctor"])
def test_help_version_and_an_unknown_argument(bare, command):
    helped = launch(bare, command, "--help")
    assert helped.returncode == 0 and f"usage: ballast {command}" in helped.stdout
    assert all(option in helped.stdout for option in ("--quiet", "--verbose", "--help", "--version"))
    assert launch(bare, command, "--version").stdout.startswith("ballast 0.")
    wrong = launch(bare, command, "--jsn")
    assert wrong.returncode == 2 and "'--jsn'" in wrong.stderr and "--help" in wrong.stderr
