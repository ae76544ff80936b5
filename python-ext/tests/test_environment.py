"""environment.yml and requirements.lock name the same versions."""

import re
from pathlib import Path

from packaging.markers import Marker, default_environment
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CONDA = {"python_version": "3.12", "python_full_version": "3.12.0", "sys_platform": "linux",
         "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix", "extra": ""}


def locked() -> dict[str, str]:
    """Name to version, as conda's Python 3.12 on 64-bit Linux would install the lock."""
    versions = {}
    for line in (ROOT / "python-ext/requirements.lock").read_text().splitlines():
        entry = re.match(r"([A-Za-z0-9._-]+)==(\S+)(?: ; (.*?))? \\$", line)
        if entry and (entry[3] is None or Marker(entry[3]).evaluate({**default_environment(), **CONDA})):
            versions[canonicalize_name(entry[1])] = entry[2]
    return versions


def conda() -> dict[str, str]:
    """Name to version in environment.yml, jep's from the command in its first lines."""
    return dict(re.findall(r"([a-z0-9._-]+)==([0-9][^\s]*)", (ROOT / "environment.yml").read_text()))


def test_conda_environment_has_the_locked_versions():
    assert conda() == locked(), "change environment.yml so that it lists exactly what the lock has"


def test_lock_names_no_index_and_hashes_every_package():
    text = (ROOT / "python-ext/requirements.lock").read_text()
    assert "://" not in text and "--index" not in text
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(entries) > 50 and all("--hash=sha256:" in entry for entry in entries)
