"""What a caller in another language holds: numbers for objects, and errors that survive the way across."""

import functools
import gc
import itertools
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ballast import ranks
from ballast.memory import is_out_of_memory

# An operating system's refusals: not the experiment's fault, and not ours.
ENVIRONMENT_ERRNOS = {13, 28, 30, 122}  # EACCES, ENOSPC, EROFS, EDQUOT

_objects: dict[int, object] = {}
_numbers = itertools.count(1)
_last_error: dict | None = None
_before_return = None


def add(value: object) -> int:
    handle = next(_numbers)
    _objects[handle] = value
    return handle


def get(handle: int, kind: type):
    """The object behind a handle; a handle that was released, or is of another kind, is the caller's bug."""
    value = _objects.get(handle)
    if not isinstance(value, kind):
        found = "released, or never given" if value is None else f"a {type(value).__name__}"
        raise LookupError(f"handle {handle}: expected an open {kind.__name__}, found {found}")
    return value


@contextmanager
def undisturbed(kind: type) -> Iterator[None]:
    """What is opened inside leaves torch's draws as they are, and its threads too where a `kind` is open already."""
    threads = torch.get_num_threads()
    others = any(isinstance(value, kind) for value in _objects.values())
    try:
        with torch.random.fork_rng():
            yield
    finally:
        if others:
            torch.set_num_threads(threads)


def release(handle: int) -> None:
    """Releasing twice is allowed."""
    _close(handle)
    _free()


def drop(handle: int) -> None:
    """Releases what is in no reference cycle, without the tens of milliseconds of a garbage collection."""
    _close(handle)


def release_all() -> None:
    for handle in list(_objects):
        _close(handle)
    _free()


def last_error() -> dict | None:
    return _last_error


def before_return(action) -> None:
    """`action` runs on the caller's thread at the end of every call."""
    global _before_return
    _before_return = action


def called_from_java(function):
    """Keeps what went wrong as plain text, for a caller that cannot hold a Python exception."""

    @functools.wraps(function)
    def call(*arguments):
        global _last_error
        _last_error = None
        try:
            return function(*arguments)
        except BaseException as error:  # A library's sys.exit() must not end the JVM either.
            _last_error = describe(error)
            # Frames hold tensors that lie in the caller's buffers, and what filled the memory.
            traceback.clear_frames(error.__traceback__)
            if _last_error["kind"] == "out_of_memory":
                _free()
            raise
        finally:
            if _before_return is not None:
                _before_return()

    return call


def plain(value):
    """A Java list or map, which Jep passes as a Java object, as a Python one; anything else as it is."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        return value
    if hasattr(value, "keys") or hasattr(value, "keySet"):
        return {key: plain(value[key]) for key in value}
    return [plain(element) for element in value]


def describe(error: BaseException) -> dict:
    return {
        "kind": kind_of(error),
        "type": type(error).__name__,
        "message": ranks.lost(error) if ranks.is_lost_rank(error) else str(error),
        "traceback": "".join(traceback.format_exception(error)),
    }


def kind_of(error: BaseException) -> str:
    """Which of the caller's exceptions an error becomes."""
    if hasattr(error, "kind"):
        return error.kind
    if is_out_of_memory(error):
        return "out_of_memory"
    if ranks.is_lost_rank(error):
        return "rank_lost"
    if isinstance(error, OSError) and error.errno in ENVIRONMENT_ERRNOS:
        return "environment"
    return "internal"


def _close(handle: int) -> None:
    close = getattr(_objects.pop(handle, None), "close", None)
    if close is not None:
        close()


def _free() -> None:
    gc.collect()
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
