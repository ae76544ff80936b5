"""How much memory the process and the GPU hold."""

import ctypes
import os
import resource
import sys
from pathlib import Path

import torch

STATUS = Path("/proc/self/status")
MACHINE = Path("/proc/meminfo")
_C_LIBRARY = ctypes.CDLL(None) if os.name == "posix" else None


def snapshot() -> dict:
    """Bytes now and at the peak since `reset_peak`, of the process (the JVM included) and of PyTorch on the GPU."""
    resident, peak = _process()
    on_gpu = torch.cuda.is_available() and torch.cuda.is_initialized()
    return {
        "residentBytes": resident,
        "peakBytes": peak,
        "deviceBytes": torch.cuda.memory_allocated() if on_gpu else 0,
        "devicePeakBytes": torch.cuda.max_memory_allocated() if on_gpu else 0,
    }


def release() -> None:
    """Gives back to the system what the C library's allocator keeps of what was freed, where that can be asked for (glibc).

    It keeps the blocks of an evaluation's batches, each of another size, in pieces that the next phase does not fit into:
    the process would hold both.
    """
    if hasattr(_C_LIBRARY, "malloc_trim"):
        _C_LIBRARY.malloc_trim(0)


def reset_peak() -> None:
    """Where the system cannot (a container may forbid it), the peak stays that of the whole process."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def peak_bytes(device: torch.device) -> int:
    """The peak that matters to someone who trains on this device."""
    taken = snapshot()
    return taken["devicePeakBytes"] if device.type == "cuda" else taken["peakBytes"]


def available_bytes(device: torch.device) -> int:
    """What could still be had: free on the GPU; of the machine's memory what is free or can be freed."""
    if device.type == "cuda":
        # What PyTorch keeps of what it freed is free to it.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    if MACHINE.exists():
        lines = dict(line.split(":", 1) for line in MACHINE.read_text().splitlines())
        return _kibibytes(lines["MemAvailable"])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def is_out_of_memory(error: BaseException) -> bool:
    """On the CPU PyTorch has no type of its own for this."""
    ran_out = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    return ran_out or "DefaultCPUAllocator: can't allocate memory" in str(error)


def _process() -> tuple[int, int]:
    if STATUS.exists():
        lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
        return _kibibytes(lines["VmRSS"]), _kibibytes(lines["VmHWM"])
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return peak, peak


def _kibibytes(text: str) -> int:
    return int(text.split()[0]) * 1024
