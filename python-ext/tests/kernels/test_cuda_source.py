"""The CUDA kernels are compiled without a GPU, kept on disk, and fail with a reason."""

import re
import shutil
from pathlib import Path

import pytest

from ballast.kernels import cuda, cuda_source


def nvrtc_is_missing() -> str:
    try:
        cuda_source._nvrtc()
    except cuda_source.CompileError as error:
        return str(error)
    return ""


needs_nvrtc = pytest.mark.skipif(bool(nvrtc_is_missing()), reason=nvrtc_is_missing() or "there is NVRTC")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "ballast" / "kernels"


@needs_nvrtc
@pytest.mark.parametrize("architecture", ["sm_80", "sm_90", "sm_100"])
def test_every_kernel_is_compiled_for_every_architecture(architecture):
    compiled = cuda_source.cubin(architecture)
    assert compiled.startswith(b"\x7fELF")
    launched = re.findall(r'launch(?:_over|_total)?\([^"]*"(\w+)"', Path(cuda.__file__).read_text())
    assert len(launched) == 8
    for name in launched:
        assert b".text." + name.encode() + b"\0" in compiled


def test_source_and_launcher_agree_on_threads_and_chunks():
    source = cuda_source.find()["kernels.cu"].read_text()
    for name, value in (("BALLAST_THREADS", cuda.THREADS), ("BALLAST_CHUNK", cuda.CHUNK)):
        assert re.search(rf"#define {name} {value}\b", source)


@needs_nvrtc
def test_what_was_compiled_once_is_read_the_next_time(cache, monkeypatch):
    compiled = cuda_source.cubin("sm_90")
    (kept,) = cache.iterdir()
    assert kept.name.startswith("sm_90-") and kept.read_bytes() == compiled
    monkeypatch.setattr(cuda_source, "compile_source", None)
    assert cuda_source.cubin("sm_90") == compiled


@needs_nvrtc
def test_another_source_is_another_file(cache, monkeypatch, tmp_path):
    cuda_source.cubin("sm_90")
    changed = {}
    for name, path in cuda_source.find().items():
        changed[name] = tmp_path / name
        changed[name].write_text(path.read_text() + "\n// changed\n")
    monkeypatch.setattr(cuda_source, "find", lambda: changed)
    cuda_source.cubin("sm_90")
    assert len(list(cache.iterdir())) == 2


@needs_nvrtc
def test_a_disk_that_takes_nothing_is_no_error(cache):
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_text("a file where the folder should be")
    assert cuda_source.cubin("sm_90").startswith(b"\x7fELF")


@needs_nvrtc
def test_what_the_compiler_says_is_the_reason():
    texts = {name: path.read_bytes() for name, path in cuda_source.find().items()}
    with pytest.raises(cuda_source.CompileError, match="(?s)kernels for sm_90: .*no_such_name"):
        cuda_source.compile_source(texts | {"kernels.cu": b"int x = no_such_name;"}, "sm_90")
    with pytest.raises(cuda_source.CompileError, match="kernels for sm_1: .*invalid value for --gpu-architecture"):
        cuda_source.compile_source(texts, "sm_1")


def test_the_source_is_found_beside_the_package_where_there_is_no_source_tree(monkeypatch, tmp_path):
    package = tmp_path / "site-packages" / "ballast" / "kernels"
    package.mkdir(parents=True)
    for path in cuda_source.find().values():
        shutil.copy(path, package)
    monkeypatch.setattr(cuda_source, "__file__", str(package / "cuda_source.py"))
    assert all(path.parent == package for path in cuda_source.find().values())
    (package / "elements.h").unlink()
    with pytest.raises(cuda_source.CompileError, match="no CUDA source in .*install Ballast again"):
        cuda_source.find()
