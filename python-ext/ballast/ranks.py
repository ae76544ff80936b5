"""The processes that train one model together, of which this is one: rank r of N.

Each is started with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in its environment, as torchrun, a Kubernetes
PyTorchJob or a few lines for Slurm set them. Without them a process is rank 0 of 1, and nothing here talks to anybody.

What ranks tell one another about a run goes over the CPU (gloo), whatever the device, so that it never waits for work
queued on a GPU. Gradients and parameters go the way of the device.
"""

import datetime
import os
import re
import threading
import time
from collections.abc import Callable

import torch
import torch.distributed as dist
from torch import Tensor

from ballast.errors import EnvironmentMissingError, TrainingFailedError

# Where a rank that was started by `ballast.launch` leaves why it failed.
LAUNCHED = "BALLAST_RANK_FAILURES"

# A rank that waits this long for another one takes it for lost.
TIMEOUT = datetime.timedelta(minutes=30)


def start() -> None:
    """Meets the other ranks, before the other functions of this module. May be called again.

    Raises:
        EnvironmentMissingError: the others did not come in time.
    """
    if dist.is_initialized() or int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return
    if LAUNCHED in os.environ:
        # No rank is left alone. Not as programs end: what C++ does then waits for Python, which waits for the JVM.
        when_parent_ends(lambda: os._exit(TrainingFailedError.exit_code))
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "cpu:gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(local_rank())
    try:
        dist.init_process_group(backend, timeout=TIMEOUT)
    except Exception as error:  # A store, a socket, a time limit: each has a type of its own.
        address = f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}"
        raise EnvironmentMissingError(
            f"expected {os.environ['WORLD_SIZE']} ranks to meet at {address} within {TIMEOUT}, found that not all "
            f"came to rank {os.environ.get('RANK')}: {first_line(error)}; see that all are started with the same "
            "MASTER_ADDR, MASTER_PORT and WORLD_SIZE and that the address can be reached"
        ) from error


def rank() -> int:
    """Which one this is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def size() -> int:
    """How many there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_first() -> bool:
    """Whether this is the rank that writes and speaks for all."""
    return rank() == 0


def local_rank() -> int:
    """Which one this is on its machine, from 0."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def any_of(flag: bool) -> bool:
    """Whether it is set on any rank."""
    return bool(most(torch.tensor(flag, dtype=torch.int32)))


def all_texts(own: str) -> list[str]:
    """What each rank says, in their order; on every rank."""
    if size() == 1:
        return [own]
    # As bytes: torch's own functions for objects pickle them.
    said = own.encode("utf-8")
    lengths = torch.zeros(size(), dtype=torch.int64)
    lengths[rank()] = len(said)
    dist.all_reduce(lengths)
    room = torch.zeros(max(1, int(lengths.max())), dtype=torch.uint8)
    room[: len(said)] = torch.frombuffer(bytearray(said + b"\0"), dtype=torch.uint8)[: len(said)]
    texts = [torch.empty_like(room) for _ in range(size())]
    dist.all_gather(texts, room)
    pairs = zip(texts, lengths.tolist(), strict=True)
    return [bytes(text[:length].numpy()).decode("utf-8") for text, length in pairs]


def total(tensor: Tensor) -> Tensor:
    """Adds up a tensor over the ranks, in place."""
    if size() > 1:
        dist.all_reduce(tensor)
    return tensor


def most(tensor: Tensor) -> Tensor:
    """The largest over the ranks, element by element, in place."""
    if size() > 1:
        dist.all_reduce(tensor, dist.ReduceOp.MAX)
    return tensor


def take_from_first(tensor: Tensor) -> None:
    """Gives a tensor the first rank's values, in place."""
    if size() > 1:
        dist.broadcast(tensor, 0)


def lost(error: BaseException) -> str:
    """What to tell people of an error that says that another process is gone."""
    seen = re.sub(r"^\[[^]]*\] ", "", first_line(error)).partition(". ")[0]
    return (
        f"expected {size()} ranks to stay until the end, found at rank {rank()} that another one has ended or does not "
        f"answer ({seen}). What that one says is the reason, or it was killed, mostly because memory ran out. The run can "
        "be resumed."
    )


def is_lost_rank(error: BaseException) -> bool:
    """Whether an error says that another process is gone."""
    text = str(error)
    signs = ("Connection closed by peer", "Connection reset by peer", "Broken pipe", "ncclRemoteError",
             "Timed out waiting", "Socket Timeout", "Application timeout", "gloo/transport")  # fmt: skip
    return isinstance(error, RuntimeError) and size() > 1 and any(sign in text for sign in signs)


def when_parent_ends(action: Callable[[], object]) -> None:
    """Has something done, on a thread of its own, when the process that started this one is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        action()

    threading.Thread(target=watch, daemon=True).start()


def first_line(error: BaseException) -> str:
    """Of an error's message: torch puts traces behind it."""
    return str(error).partition("\n")[0]
