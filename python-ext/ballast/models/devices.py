"""Which device and which arithmetic a model runs on, each with the reason for the choice."""

import platform
from pathlib import Path

import torch

from ballast import ranks
from ballast.errors import InvalidInputError

# As PyTorch found it when it was imported: OMP_NUM_THREADS, or the number of cores.
THREADS_AT_START = torch.get_num_threads()
SMALL_MODEL_PARAMETERS = 1_000_000


def choose_device(name: str) -> tuple[torch.device, str]:
    """The device that `model.device` names, and why it was taken."""
    if name == "auto":
        return _best_device()
    kind, _, index = name.partition(":")
    if kind == "cpu" and not index:
        return torch.device("cpu"), "asked for"
    if kind == "cuda" and (not index or index.isdecimal()):
        return _cuda_device(name, int(index or ranks.local_rank())), "asked for"
    raise InvalidInputError(
        f"model.device is {name!r}, but a device is one of auto, cpu, cuda, cuda:N; set it to one of these"
    )


def device_name(device: torch.device) -> str:
    """The product's name, for people who compare runs."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else _processor_name()


def choose_dtype(name: str, device: torch.device) -> tuple[torch.dtype, str]:
    """The arithmetic of the forward and backward pass; parameters stay fp32 either way."""
    if name == "float32":
        return torch.float32, "asked for"
    if name != "bfloat16":
        raise InvalidInputError(f"model.dtype is {name!r}, but it is one of float32, bfloat16; set it to one of these")
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16, f"asked for, though {device_name(device)} only emulates it: float32 is likely faster"
    return torch.bfloat16, "asked for: autocast on float32 parameters"


def choose_threads(parameters: int, device: torch.device) -> tuple[int, str]:
    """How many threads compute on the CPU, and why so many.

    A model of 156,000 parameters trained at 28,000 tokens/s on one thread of a 2-core machine, and at 300 to 11,000 on
    two: each of its small operations ends by waiting for the slower thread.
    """
    if device.type == "cpu" and parameters < SMALL_MODEL_PARAMETERS:
        return 1, f"{parameters:,} parameters give a second thread too little to do"
    return THREADS_AT_START, "PyTorch's own choice"


def _best_device() -> tuple[torch.device, str]:
    if torch.cuda.is_available():
        return torch.device("cuda", ranks.local_rank()), f"PyTorch sees {torch.cuda.device_count()} CUDA device(s)"
    return torch.device("cpu"), f"PyTorch {_cuda_build()} sees no CUDA device"


def _cuda_device(name: str, index: int) -> torch.device:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if index < count:
        return torch.device("cuda", index)
    seen = f"sees only cuda:0 to cuda:{count - 1}" if count else "sees no CUDA device"
    raise InvalidInputError(f"model.device is {name}, but PyTorch {_cuda_build()} {seen}; set it to cpu or auto")


def _cuda_build() -> str:
    return f"{torch.__version__} (built for CUDA {torch.version.cuda})" if torch.version.cuda else torch.__version__


def _processor_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
