"""`python -m ballast.launch`: torchrun, with its arguments, which ends as the rank ended that failed first.

Ranks that are started by it are told of a folder, `ranks.LAUNCHED`, in which each leaves what ended it: the first line is its
exit code, the rest its message. Of several the first one counts: the others only lost their peer.
"""

import logging
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from torch.distributed import run
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from ballast import ranks
from ballast.errors import EnvironmentMissingError, StoppedError, TrainingFailedError


def main(arguments: list[str]) -> int:
    """The exit code."""
    # What it logs of a rank that failed is said here, once.
    logging.disable(logging.ERROR)
    # Who started this may have been killed: then the ranks are stopped as by a signal.
    ranks.when_parent_ends(lambda: os.kill(os.getpid(), signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="ballast-ranks-") as failures:
        os.environ[ranks.LAUNCHED] = failures
        try:
            run.run(run.parse_args(arguments))
            return 0
        except SignalException:
            return StoppedError.exit_code
        except ChildFailedError as failed:
            return _told(Path(failures), failed.failures)
        except Exception as error:  # A rendezvous that was never complete has several types.
            print(f"ballast: {_never_met(error)}", file=sys.stderr)
            return EnvironmentMissingError.exit_code


def _told(folder: Path, failures: Mapping[int, ProcessFailure]) -> int:
    """Says why the first rank failed, unless it has said so itself, and gives its exit code."""
    left = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
    if not left:
        # The agent ends the others by SIGTERM, and those that lost their peer end with that exit code.
        others = (-signal.SIGTERM, TrainingFailedError.exit_code)
        rank, first = min(failures.items(), key=lambda each: (each[1].exitcode in others, each[0]))
        how = f"by {first.signal_name()}" if first.exitcode < 0 else f"with the exit code {first.exitcode}"
        hint = "; the system does so when memory runs out" if first.exitcode == -signal.SIGKILL else ""
        print(f"ballast: rank {rank} was ended {how}{hint}. The run can be resumed.", file=sys.stderr)
        return TrainingFailedError.exit_code
    messages = {int(file.name): file.read_text(encoding="utf-8").split("\n", 1) for file in left}
    rank = int(left[0].name)
    code, message = messages[rank]
    if rank != 0 and messages.get(0, ("", ""))[1] != message:
        print(f"ballast: rank {rank}: {message}", file=sys.stderr)
    return int(code)


def _never_met(error: Exception) -> str:
    return (
        f"expected all nodes to meet, found that they did not ({type(error).__name__}: {ranks.first_line(error)}); "
        "see that each is started with the same --rdzv-endpoint and --nnodes, that the address can be reached, or raise "
        "--join-timeout"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
