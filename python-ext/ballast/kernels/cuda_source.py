"""The CUDA kernels' source, compiled by NVRTC and kept on disk. Neither needs a GPU."""

import functools
import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

SOURCES = {"kernels.cu": "cuda", "elements.h": "src"}
"""What is compiled, and what that includes; with the folder of `native/` that each is in."""

# Without contraction, and with IEEE division and roots (the default), the same bits as the CPU's kernels.
OPTIONS = ("--std=c++17", "--fmad=false")


class CompileError(RuntimeError):
    """The kernels could not be compiled: no NVRTC, no source, or what the compiler said."""


def find() -> Mapping[str, Path]:
    """The files of SOURCES by name: in the source tree, or beside this module where the package is installed.

    Raises:
        CompileError: they are in neither.
    """
    native = Path(__file__).parents[3] / "native"
    for found in (
        {name: native / folder / name for name, folder in SOURCES.items()},
        {name: Path(__file__).with_name(name) for name in SOURCES},
    ):
        if all(path.is_file() for path in found.values()):
            return found
    raise CompileError(f"no CUDA source in {native} or {Path(__file__).parent}: install Ballast again")


def cubin(architecture: str) -> bytes:
    """The kernels for an architecture, from the cache or compiled now.

    Args:
        architecture: as NVRTC has it: "sm_90"

    Raises:
        CompileError: it cannot be compiled.
    """
    texts = {name: path.read_bytes() for name, path in find().items()}
    path = _folder() / f"{architecture}-{_digest(texts)}.cubin"
    try:
        return path.read_bytes()
    except OSError:
        compiled = compile_source(texts, architecture)
        _keep(path, compiled)
        return compiled


def compile_source(texts: Mapping[str, bytes], architecture: str) -> bytes:
    """A cubin.

    Args:
        texts: the files of SOURCES by name
        architecture: "sm_90"

    Raises:
        CompileError: NVRTC is not there, does not know the architecture, or refuses the source.
    """
    nvrtc = _nvrtc()
    main, *headers = SOURCES
    included = [texts[name] for name in headers]
    names = [name.encode() for name in headers]
    program = _checked(nvrtc.nvrtcCreateProgram(texts[main], main.encode(), len(headers), included, names))
    try:
        options = [option.encode() for option in (*OPTIONS, f"--gpu-architecture={architecture}")]
        (result,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
        if result != nvrtc.nvrtcResult.NVRTC_SUCCESS:
            log = b" " * _checked(nvrtc.nvrtcGetProgramLogSize(program))
            _checked(nvrtc.nvrtcGetProgramLog(program, log))
            said = log.decode().strip("\0 \n") or result.name
            raise CompileError(f"NVRTC cannot compile the kernels for {architecture}: {said}")
        compiled = b" " * _checked(nvrtc.nvrtcGetCUBINSize(program))
        _checked(nvrtc.nvrtcGetCUBIN(program, compiled))
        return compiled
    finally:
        nvrtc.nvrtcDestroyProgram(program)


def _digest(texts: Mapping[str, bytes]) -> str:
    """Of everything that the cubin hangs on, besides the architecture."""
    digest = hashlib.sha256(repr((OPTIONS, _checked(_nvrtc().nvrtcVersion()))).encode())
    for name, text in texts.items():
        digest.update(f"\0{name}\0".encode() + text)
    return digest.hexdigest()[:24]


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ballast" / "kernels"


def _keep(path: Path, compiled: bytes) -> None:
    """Under a temporary name first, as several processes may compile at once. A disk that takes nothing only costs
    another second at the next start."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
        with os.fdopen(handle, "wb") as file:
            file.write(compiled)
        os.replace(partial, path)
    except OSError:
        pass


@functools.cache
def _nvrtc():
    try:
        from cuda.bindings import nvrtc

        _checked(nvrtc.nvrtcVersion())
    except Exception as error:  # Not installed, or its library is not: each version has exceptions of its own for that.
        raise CompileError(f"no NVRTC: {error}; it comes with PyTorch's CUDA wheels") from error
    return nvrtc


def _checked(returned):
    """What a function of cuda.bindings returns after its code: nothing, one thing, or several."""
    code, *values = returned
    if int(code) != 0:
        raise CompileError(f"{type(code).__name__}: {code.name}")
    return values[0] if len(values) == 1 else tuple(values)
