"""The licences in two software bills of materials (CycloneDX, JSON): whether an Apache-2.0 project may build on them.

`mvn package -Psbom` calls it. With `--write` it makes docs/licences.md; without, that page must say the same.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

# Of the Apache Software Foundation's categories A (permissive) and B (weak copyleft, linked and not changed), and
# public domain. LGPL libraries are called as libraries and exchanged at will, which LGPL-2.1 §6 asks for.
PERMITTED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-CMU",
    "PSF-2.0", "Python-2.0", "Unlicense", "Zlib", "MPL-2.0", "LGPL-2.1-or-later", "EPL-2.0",
}  # fmt: skip
EXCEPTIONS = {"LLVM-exception"}
# NVIDIA's CUDA libraries, which PyTorch's wheels for Linux ask for: not distributed with Ballast; their terms allow
# use, and a user accepts them with PyTorch. On a CPU build of PyTorch none is there.
PROPRIETARY = {"LicenseRef-NVIDIA-Proprietary"}
SPELLED = {
    "The zlib/libpng License": "Zlib",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# Packages whose metadata names none that a program can read: read by a person, in the package.
READ = {
    "cuda-toolkit": "LicenseRef-NVIDIA-Proprietary",
    "nvidia-cusparselt-cu13": "LicenseRef-NVIDIA-Proprietary",
    "protobuf": "BSD-3-Clause",
    "transformers": "Apache-2.0",
    "word2number": "MIT",
}
HEAD = """# Licences

Ballast is under the Apache License 2.0. What it builds on, by the metadata of the packages; made from the software bills
of materials that `mvn package -Psbom` writes beside the jar
(`orchestrator/target/ballast-VERSION-java-sbom.json` and `…-python-sbom.json`, CycloneDX), and compared with them each
time. A licence that is not permitted ends that build: see `python-ext/licences.py`.

None of these is in Ballast's own jar or wheel; Maven and pip bring them. The CUDA libraries that PyTorch's wheels for Linux
ask for are NVIDIA's and proprietary (`LicenseRef-NVIDIA-Proprietary`: their end-user licence agreement allows use and does
not belong to open source); with a CPU build of PyTorch none is installed.
"""


def licences(component: dict[str, Any]) -> list[str]:
    """SPDX expressions, one of which must be permitted; what is no licence's name is left out."""
    if component["name"] in READ:
        return [READ[component["name"]]]
    found = set()
    for each in component.get("licenses", []):
        named = each.get("license", {})
        said = each.get("expression") or named.get("id") or named.get("name", "")
        if not said.startswith("declared license"):
            found.add(SPELLED.get(said, said))
    return sorted(found)


def is_permitted(expression: str, allowed: set[str] = PERMITTED | PROPRIETARY) -> bool:
    """Whether an SPDX expression of AND, OR and WITH without parentheses is; AND binds closer than OR."""
    return any(
        all(_is_known(part, allowed) for part in re.split(r"\s+AND\s+", choice))
        for choice in re.split(r"\s+OR\s+", expression)
    )


def _is_known(part: str, allowed: set[str]) -> bool:
    licence, *exceptions = re.split(r"\s+WITH\s+", part.strip())
    return licence in allowed and set(exceptions) <= EXCEPTIONS


def components(sbom: Path) -> list[dict[str, Any]]:
    if not sbom.is_file():
        sys.exit(f"expected a bill of materials at {sbom}, found none; Maven makes Java's only with a network: leave out -o")
    return json.loads(sbom.read_text(encoding="utf-8"))["components"]


def faults(all_components: list[dict[str, Any]]) -> list[str]:
    """What has no licence, or none that is permitted."""
    return [
        f"{each['name']}: {' | '.join(licences(each)) or 'no licence'}"
        for each in all_components
        if not any(is_permitted(licence) for licence in licences(each))
    ]


def page(java: list[dict[str, Any]], python: list[dict[str, Any]]) -> str:
    sections = [HEAD]
    for title, found in (("Java", java), ("Python", python)):
        rows = sorted({(_name(each), " or ".join(licences(each))) for each in found}, key=lambda row: row[0].lower())
        table = "\n".join(f"| {name} | {licence} |" for name, licence in rows)
        sections.append(f"## {title}\n\n| package | licence |\n|---|---|\n{table}\n")
    return "\n".join(sections)


def _name(component: dict[str, Any]) -> str:
    return f"{component['group']}:{component['name']}" if component.get("group") else component["name"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--java", "--python", "--listed"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    java, python = components(arguments.java), components(arguments.python)
    if found := faults(java + python):
        sys.exit("expected licences that an Apache-2.0 project may build on, found\n  " + "\n  ".join(found))
    if arguments.write:
        arguments.listed.write_text(page(java, python), encoding="utf-8")
    unlisted = [line for line in page(java, python).splitlines() if line not in arguments.listed.read_text().splitlines()]
    if unlisted:  # A package of another platform that is listed and not here is no fault.
        sys.exit(f"expected every package in {arguments.listed}, found none of\n  " + "\n  ".join(unlisted)
                 + "\nRun this with --write.")  # fmt: skip
    print(f"{len(java)} Java and {len(python)} Python packages, every licence permitted")


if __name__ == "__main__":
    main()
