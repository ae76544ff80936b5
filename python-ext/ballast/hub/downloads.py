"""A snapshot of a repository on its way from the hub: how far it is, and whether it arrived as it was sent.

huggingface_hub takes up again what breaks off, and does not fetch twice what is complete; it compares sizes, not
content.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from ballast.errors import EnvironmentMissingError
from ballast.hub.redaction import redacted

# Called with (bytes that came, bytes there are); the second grows while files are begun.
Progress = Callable[[int, int], None]
REPORT_SECONDS = 0.1


def fetch_snapshot(
    repository: str,
    revision: str | None,
    endpoint: str | None,
    cache: str | None,
    ignored: list[str],
    progress: Progress | None,
) -> Path:
    """The folder of a model's snapshot. `progress` is called on this thread: on no other may Java objects be called."""
    from huggingface_hub import snapshot_download

    meter = _Meter()

    def download() -> str:
        return snapshot_download(repository, revision=revision, endpoint=endpoint, cache_dir=cache,
                                 ignore_patterns=ignored, tqdm_class=meter.bars())  # fmt: skip

    folder = Path(_watched(download, meter, progress) if progress else download())
    if meter.done:
        _check_content(folder, repository, endpoint)
    return folder


class _Meter:
    """Counts the bytes of all files, which several threads fetch."""

    def __init__(self):
        self.done = 0
        self._lock = threading.Lock()
        self._bar = None

    @property
    def total(self) -> int:
        return int(getattr(self._bar, "total", 0) or 0)

    def add(self, count: int) -> None:
        with self._lock:
            self.done += count

    def bars(self) -> type:
        """What snapshot_download makes its bars of: they show nothing; one of them stands for all files' bytes."""
        from huggingface_hub.utils import tqdm

        meter = self

        class Bar(tqdm):
            def __init__(self, *arguments, name=None, **settings):
                super().__init__(*arguments, name=name, **{**settings, "disable": True})
                self._counts = name == "huggingface_hub.snapshot_download"
                if self._counts:
                    meter._bar = self

            def update(self, n=1):
                if self._counts:
                    meter.add(int(n or 0))

        return Bar


def _watched(download: Callable[[], str], meter: _Meter, progress: Progress) -> str:
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(download)
        while not wait([result], REPORT_SECONDS).done:
            progress(meter.done, meter.total)
        folder = result.result()
    progress(meter.done, meter.total)
    return folder


def _check_content(folder: Path, repository: str, endpoint: str | None) -> None:
    """What is damaged leaves the cache, from which it would be served ever after."""
    from huggingface_hub import HfApi, constants

    # cache/models--organisation--name/snapshots/commit
    found = HfApi(endpoint=endpoint).verify_repo_checksums(
        repository, revision=folder.name, cache_dir=folder.parents[2]
    )
    for mismatch in found.mismatches:
        file = folder / mismatch["path"]
        file.resolve().unlink()
        file.unlink(missing_ok=True)
    if found.mismatches:
        first, others = found.mismatches[0], len(found.mismatches) - 1
        raise EnvironmentMissingError(
            f"hub: model {repository}: {first['path']}{f' and {others} more' if others else ''} from "
            f"{redacted(endpoint or constants.ENDPOINT)} arrived damaged: expected {first['algorithm']} {first['expected']}, "
            f"found {first['actual']}; it was removed from the cache: try again, and see whether a proxy changes files"
        )
