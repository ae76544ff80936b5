"""A plug-in that never returns must not hold a run for ever."""

import contextvars
import ctypes
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

_Answer = TypeVar("_Answer")


class TooLongError(Exception):
    """A plug-in took longer than its limit.

    Attributes:
        frames: where it was then, the innermost last
    """

    def __init__(self, seconds: float, frames: traceback.StackSummary) -> None:
        super().__init__(
            f"expected an answer within {seconds:g} seconds, found none; make it faster, or raise pluginSeconds"
        )
        self.frames = frames


class _AbandonedError(BaseException):
    """Ends the thread of a plug-in that nobody waits for, where it runs Python; no `except Exception` catches it."""


class _Work(threading.Thread):
    """On a thread of its own, for one that waits inside of a C function (a socket, a lock) cannot be interrupted."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__(name="ballast-plugin", daemon=True)
        self._call = call
        self._context = contextvars.copy_context()
        self.answer: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.answer = self._context.run(self._call)
        except BaseException as error:  # A SystemExit too is told by who waits.
            self.error = error

    def frames(self) -> traceback.StackSummary:
        frame: FrameType | None = sys._current_frames().get(self.ident)
        return traceback.extract_stack(frame) if frame else traceback.StackSummary()

    def abandon(self) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), ctypes.py_object(_AbandonedError))


def within(seconds: float | None, call: Callable[[], _Answer]) -> _Answer:
    """What `call` gives or raises, on another thread where there is a limit.

    Args:
        seconds: that it may take; None for any time
        call: code of the user's own

    Raises:
        TooLongError: it took longer. It is told to end; where it hears nothing, its thread stays behind.
    """
    if seconds is None:
        return call()
    work = _Work(call)
    work.start()
    work.join(seconds)
    if work.is_alive():
        frames = work.frames()
        work.abandon()
        raise TooLongError(seconds, frames)
    if work.error is not None:
        raise work.error
    return work.answer
