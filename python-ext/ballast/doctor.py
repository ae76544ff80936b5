"""What the Python that runs this has of what Ballast needs: a JSON list on standard output, for `Ballast.doctor()`.

Run as a file, by any Python: it imports nothing that may be missing. One argument: the version of Jep that Java has.
"""

import importlib.metadata
import json
import sys
import sysconfig
from pathlib import Path

PACKAGES = (
    "accelerate",
    "datasets",
    "huggingface_hub",
    "jinja2",
    "numpy",
    "peft",
    "pyyaml",
    "safetensors",
    "tensorboard",
    "torch",
    "transformers",
)
"""The dependencies of pyproject.toml."""


def findings(jep: str) -> list[dict]:
    return [python(), shared_library(), jep_with_numpy(jep), *(package(name) for name in PACKAGES)]


def finding(name: str, found: bool, version: str, path: str, expected: str, action: str) -> dict:
    return {
        "name": name, "found": found, "version": version, "path": path, "expected": expected,
        "action": "" if found else action,
    }  # fmt: skip


def python() -> dict:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return finding("Python", fits, version, sys.executable, "3.11 to 3.13", "make an environment of such a Python")


def shared_library() -> dict:
    shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED") or sysconfig.get_config_var("PYTHONFRAMEWORK"))
    return finding(
        "shared libpython", shared, "yes" if shared else "none", sysconfig.get_config_var("LIBDIR") or "",
        "a Python built with --enable-shared", "install one: Debian's python3, or pyenv with --enable-shared",
    )  # fmt: skip


def jep_with_numpy(expected: str) -> dict:
    found = version_of("jep")
    library = Path(sysconfig.get_path("platlib"), "jep", "libjep.so")
    knows_numpy = library.is_file() and b"numpy" in library.read_bytes()
    described = found if found == "none" or knows_numpy else f"{found} without numpy support"
    return finding(
        "jep", found == expected and knows_numpy, described, str(library), f"{expected} with numpy support",
        f"pip install numpy, then pip install --no-build-isolation --no-binary jep jep=={expected}",
    )  # fmt: skip


def package(name: str) -> dict:
    found = version_of(name)
    return finding(name, found != "none", found, "", "installed", f"pip install {name}")


def version_of(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"


if __name__ == "__main__":
    print(json.dumps(findings(sys.argv[1])))
