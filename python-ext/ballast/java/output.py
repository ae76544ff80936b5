"""What Python libraries log, warn or print goes to one sink; nothing reaches the terminal behind the caller's back.

The sink is an object with `log(logger: str, level: int, message: str)`, levels as in `logging`. A Java object may be
called only on the interpreter's own thread: what others write waits in a queue until that thread next calls `flush`.
"""

import io
import logging
import sys
import threading
from collections import deque

# Libraries that give themselves a handler to standard error, beside or instead of the root's.
SELF_HANDLING = ("transformers", "huggingface_hub", "datasets", "accelerate", "peft")
QUEUE_LIMIT = 10_000


class Output:
    """Owns the way out; `thread` is the one that made it."""

    def __init__(self, sink):
        self._sink = sink
        self._thread = threading.get_ident()
        # Bounded: threads that chatter while the interpreter's thread is long away lose their oldest lines.
        self._waiting: deque[tuple[str, int, str]] = deque(maxlen=QUEUE_LIMIT)

    def write(self, logger: str, level: int, message: str) -> None:
        self._waiting.append((logger, level, message))
        if threading.get_ident() == self._thread:
            self.flush()

    def flush(self) -> None:
        while self._waiting:
            self._sink.log(*self._waiting.popleft())

    def install(self) -> None:
        """Replaces what the process had: this is for an interpreter of our own."""
        root = logging.getLogger()
        root.handlers[:] = [_OutputHandler(self)]
        root.setLevel(logging.WARNING)
        logging.getLogger("ballast").setLevel(logging.INFO)
        logging.captureWarnings(True)
        sys.stdout = LineWriter(self, "python.stdout", logging.INFO)
        sys.stderr = LineWriter(self, "python.stderr", logging.WARNING)
        _quieten_libraries()


class LineWriter(io.TextIOBase):
    """A text stream whose every full line is one log record. Threads do not mix within a line."""

    def __init__(self, output: Output, logger: str, level: int):
        self._output, self._logger, self._level = output, logger, level
        self._line = threading.local()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, rest = (getattr(self._line, "text", "") + text).split("\n")
        self._line.text = rest
        for line in lines:
            self._emit(line)
        return len(text)

    def flush(self) -> None:
        """A line that is not finished goes out as it is: who flushes wants it seen. But for a progress bar's (it begins with
        a carriage return): the next state takes its place, so the last alone goes out, when its line ends."""
        rest = getattr(self._line, "text", "")
        if "\r" in rest:
            self._line.text = "\r" + rest.rpartition("\r")[2]
            return
        self._line.text = ""
        self._emit(rest)

    def _emit(self, line: str) -> None:
        # A carriage return begins a line anew: only its last state counts.
        line = line.rstrip("\r").rpartition("\r")[2]
        if line.strip():
            self._output.write(self._logger, self._level, line)


class _OutputHandler(logging.Handler):
    def __init__(self, output: Output):
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        self._output.write(record.name, record.levelno, self.format(record))


def _quieten_libraries() -> None:
    import huggingface_hub
    import transformers

    transformers.utils.logging.disable_progress_bar()
    huggingface_hub.utils.disable_progress_bars()
    for name in SELF_HANDLING:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
