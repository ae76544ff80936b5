"""What pyproject.toml cannot say: the CUDA kernels' source lies in native/, and a wheel takes it along."""

import ast
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).parent
KERNELS = Path("ballast", "kernels")


def sources() -> dict[str, str]:
    """`SOURCES` of cuda_source.py, which says what is compiled and where that lies, without importing torch."""
    for statement in ast.parse((HERE / KERNELS / "cuda_source.py").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and statement.targets[0].id == "SOURCES":
            return ast.literal_eval(statement.value)
    raise LookupError("expected SOURCES in cuda_source.py, found none")


def copy_sources(root: str) -> None:
    """Nothing is copied where the sources lie beside the package already: in what `sdist` made."""
    folder = Path(root) / KERNELS
    folder.mkdir(parents=True, exist_ok=True)
    for name, of_native in sources().items():
        path = HERE.parent / "native" / of_native / name
        if path.is_file():
            shutil.copy(path, folder / name)


class BuildWithKernels(build_py):
    def run(self):
        super().run()
        if not self.editable_mode:
            copy_sources(self.build_lib)


class SourcesWithKernels(sdist):
    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        copy_sources(base_dir)


setup(cmdclass={"build_py": BuildWithKernels, "sdist": SourcesWithKernels})
