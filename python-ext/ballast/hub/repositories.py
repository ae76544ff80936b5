"""Models and data files from a Hugging Face hub, into the shared Hugging Face cache.

huggingface_hub itself honours HF_ENDPOINT, HF_HUB_OFFLINE, HF_TOKEN and HF_HOME. What it finds in its cache serves when
the hub cannot be reached.
"""

import os
from pathlib import Path

from ballast.errors import BallastError, EnvironmentMissingError, InvalidInputError
from ballast.hub import downloads
from ballast.hub.redaction import redacted
from ballast.models import checkpoints, lora_files

# Pickles can run code when opened, and nobody needs the same weights a second time for another framework.
IGNORED = ["*.bin", "*.pt", "*.pth", "*.pkl", "*.pickle", "*.ckpt", "*.h5", "*.msgpack", "*.onnx", "*.gguf", "*.tflite",
           "original/*", "onnx/*", "coreml/*", "openvino/*"]  # fmt: skip


def download_model(
    repository: str,
    revision: str | None,
    endpoint: str | None,
    cache: str | None,
    progress: downloads.Progress | None = None,
) -> Path:
    """The local folder of a model. `endpoint` and `cache` None: what the environment says."""
    with _explained("model", repository, revision, endpoint):
        return downloads.fetch_snapshot(repository, revision, endpoint, cache, IGNORED, progress)


def cached_model(repository: str, revision: str | None, cache: str | None) -> Path | None:
    """The local folder of a model of which the cache has configuration, weights and a tokenizer; nobody is asked."""
    from huggingface_hub import errors, snapshot_download

    with _explained("model", repository, revision, None):
        try:
            folder = Path(
                snapshot_download(
                    repository, revision=revision, cache_dir=cache, ignore_patterns=IGNORED, local_files_only=True
                )
            )
        except errors.LocalEntryNotFoundError:
            return None
    return folder if _can_be_opened(folder) else None


def _can_be_opened(folder: Path) -> bool:
    """The cache's folder of a model holds whatever somebody once asked for, perhaps the tokenizer alone."""
    if not (folder / "tokenizer.json").exists():
        return False
    if (folder / lora_files.CONFIGURATION).exists():
        return (folder / lora_files.TENSORS).exists()
    try:
        checkpoints.check_model_folder(folder)
        checkpoints.weight_files(folder)
    except InvalidInputError:
        return False
    return True


def cache_folder() -> Path:
    """Where all that comes from the hub lies."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def download_dataset_file(
    repository: str, path: str, revision: str | None, endpoint: str | None, cache: str | None
) -> Path:
    """The local copy of one file of a dataset repository."""
    from huggingface_hub import hf_hub_download

    with _explained("dataset", repository, revision, endpoint, path):
        file = hf_hub_download(
            repository, path, repo_type="dataset", revision=revision, endpoint=endpoint, cache_dir=cache
        )
    return Path(file)


def cached_dataset_file(repository: str, path: str, revision: str | None, cache: str | None) -> Path | None:
    """The local copy of one file of a dataset repository that is in the cache; nobody is asked."""
    from huggingface_hub import errors, hf_hub_download

    with _explained("dataset", repository, revision, None, path):
        try:
            return Path(
                hf_hub_download(
                    repository, path, repo_type="dataset", revision=revision, cache_dir=cache, local_files_only=True
                )
            )
        except errors.LocalEntryNotFoundError:
            return None


def list_dataset_files(
    repository: str, revision: str | None, endpoint: str | None, cache: str | None
) -> tuple[list[str], Path | None]:
    """The paths of a dataset repository's files, sorted, and where they lie.

    They lie nowhere yet (None) where the hub lists them; where it cannot be reached, they are those in the cache.
    """
    from huggingface_hub import HfApi, snapshot_download

    with _explained("dataset", repository, revision, endpoint):
        try:
            # Its listing of a tree would try again for 20 seconds where nobody answers.
            information = HfApi(endpoint=endpoint).dataset_info(repository, revision=revision)
            return sorted(file.rfilename for file in information.siblings), None
        except Exception as error:
            if not _is_unreachable(error):
                raise
        cached = snapshot_download(
            repository, repo_type="dataset", revision=revision, cache_dir=cache, local_files_only=True
        )
    folder = Path(cached)
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()), folder


def _is_unreachable(error: Exception) -> bool:
    """Whether a hub gave no answer, rather than a refusal."""
    from huggingface_hub import errors
    from huggingface_hub.utils import httpx

    return isinstance(error, errors.OfflineModeIsEnabled | httpx.TransportError | ConnectionError)


class _explained:
    """Turns what huggingface_hub and its HTTP client raise into what was asked for, where, and what to do."""

    def __init__(self, kind: str, repository: str, revision: str | None, endpoint: str | None, file: str | None = None):
        self.what = f"{kind} {repository}" + (f" at revision {revision}" if revision else "")
        self.revision, self.endpoint, self.file = revision, endpoint, file

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type, error, _traceback) -> None:
        if isinstance(error, Exception) and not isinstance(error, BallastError):
            explained = self._explain(error)
            has_secret = redacted(str(error)) != str(error)
            raise type(explained)(redacted(str(explained))) from (None if has_secret else error)

    def _explain(self, error: Exception) -> Exception:
        from huggingface_hub import errors

        where = self._endpoint()
        if isinstance(error, errors.HFValidationError):
            return InvalidInputError(
                f"hub: {self.what}: expected hf://organisation/name, found a name that no hub accepts: {error}"
            )
        if isinstance(error, ValueError) and str(error).startswith("Invalid filename"):
            return InvalidInputError(
                f"hub: {self.what}: expected names of files in its folder, found one that leaves it ({error}); nothing "
                "was written there"
            )
        if isinstance(error, errors.RevisionNotFoundError):
            return InvalidInputError(
                f"hub: {self.what}: {where} has the repository but not that revision; check what stands after @"
            )
        if isinstance(error, errors.RemoteEntryNotFoundError):
            return InvalidInputError(f"hub: {self.what}: {where} has no file {self.file} there; check the path")
        if isinstance(error, errors.LocalEntryNotFoundError):
            return self._not_cached(error, where)
        if isinstance(error, errors.HfHubHTTPError):
            return self._refused(error, where)
        return EnvironmentMissingError(
            f"hub: {self.what}: cannot reach {where} ({type(error).__name__}: {error}); "
            "check the network, HF_ENDPOINT and proxies"
        )

    def _refused(self, error: Exception, where: str) -> Exception:
        status = error.response.status_code
        token = "HF_TOKEN is set, but is not accepted" if os.environ.get("HF_TOKEN") else "HF_TOKEN is not set"
        if status in (401, 403):
            # A hub answers 401, not 404, for what does not exist when nobody is signed in.
            return InvalidInputError(
                f"hub: {self.what}: {where} answers {status}: it does not exist, is private, or its terms must be "
                f"accepted first; {token}; check the name, accept the terms on its page, set HF_TOKEN"
            )
        if status == 404:
            return InvalidInputError(f"hub: {self.what}: {where} answers 404: no such repository; check the name")
        return EnvironmentMissingError(f"hub: {self.what}: {where} answers {status}; try again later ({error})")

    def _not_cached(self, error: Exception, where: str) -> Exception:
        from huggingface_hub import constants

        reason = (
            "HF_HUB_OFFLINE is set"
            if constants.is_offline_mode()
            else f"{where} gives no answer ({error.__cause__ or error})"
        )
        wanted = f"{self.what}, file {self.file}," if self.file else self.what
        return EnvironmentMissingError(
            f"hub: {wanted} is not (or not completely) in the local cache, and {reason}; "
            "fetch it once with a network, or give a local path"
        )

    def _endpoint(self) -> str:
        from huggingface_hub import constants

        return self.endpoint or constants.ENDPOINT
