"""The files of a split of a hub's data set, without running its code."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from ballast import hub
from ballast.errors import InvalidInputError

FORMATS = (".parquet", ".json", ".jsonl", ".csv")
CARD = "README.md"
DEFAULT = "default"
# How `datasets` finds a split by the names of files and folders (its documentation, "Structure your repository").
KEYWORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.")


def split_files(
    repository: str, name: str | None, split: str, revision: str | None, endpoint: str | None, cache: str | None
) -> list[str]:
    """Local copies of a split's files, downloaded where they are not in the cache.

    Args:
        repository: "organisation/name" of the data set
        name: of its configuration; None for its default one
        split: such as "test"
        revision: of the repository
        endpoint: of the hub; None for what the environment says
        cache: its folder; None for what the environment says

    Raises:
        InvalidInputError: no such data set, configuration or split, or one that a script makes.
        EnvironmentMissingError: the hub cannot be reached, and the cache does not hold it.
    """
    files = hub.list_dataset_files(repository, revision, endpoint, cache)

    def local(file: str) -> Path:
        return hub.download_dataset_file(repository, file, revision, endpoint, cache)

    wanted = _files_of_split(repository, name, split, files, _configurations(local(CARD)) if CARD in files else [])
    _check_shards(repository, wanted)
    return [str(local(file)) for file in wanted]


def _files_of_split(
    repository: str, name: str | None, split: str, files: Sequence[str], configurations: Sequence[Mapping[str, Any]]
) -> list[str]:
    if configurations:
        given = _patterns(repository, _configuration(repository, name, configurations))
    else:
        given = {}
        if name not in (None, DEFAULT):
            raise _refusal(repository, files, f"a configuration {name}", "the data set has none")
    data = [file for file in files if file.endswith(FORMATS)]
    by_split = {key: _matching(patterns, data) for key, patterns in given.items()} if given else _by_name(data)
    if not by_split.get(split):
        known = ", ".join(key for key, found in by_split.items() if found) or "none in a format that Ballast reads"
        raise _refusal(repository, files, f"a split {split}", known)
    return by_split[split]


def _refusal(repository: str, files: Sequence[str], expected: str, found: str) -> InvalidInputError:
    script = repository.rpartition("/")[2] + ".py"
    if script in files:
        return InvalidInputError(
            f"hub: dataset {repository}: expected data files, found the script {script}, which Ballast does not run; "
            "set dataset_kwargs: {revision: refs/convert/parquet} in the task file, where the hub keeps such data sets "
            "as files, or give local files"
        )
    return InvalidInputError(f"hub: dataset {repository}: expected {expected}, found {found}")


def _configurations(card: Path) -> list[Mapping[str, Any]]:
    """`configs` of the YAML head of a data set's card."""
    head = re.match(r"---\s*\n(.*?)\n---", card.read_text(encoding="utf-8"), re.DOTALL)
    content = yaml.safe_load(head.group(1)) if head else None
    return (content or {}).get("configs") or []


def _configuration(
    repository: str, name: str | None, configurations: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    by_name = {each.get("config_name", DEFAULT): each for each in configurations}
    marked = [each for each in configurations if each.get("default")]
    if name is not None and name in by_name:
        return by_name[name]
    if name is None and (marked or DEFAULT in by_name or len(by_name) == 1):
        return marked[0] if marked else by_name.get(DEFAULT, configurations[0])
    raise InvalidInputError(
        f"hub: dataset {repository}: expected dataset_name to be one of {', '.join(by_name)}, found {name!r}"
    )


def _patterns(repository: str, configuration: Mapping[str, Any]) -> dict[str, list[str]]:
    folder = configuration.get("data_dir")
    given = configuration.get("data_files")
    if given is None:
        return {} if folder is None else {"train": [f"{folder.strip('/')}/**"]}
    prefix = "" if folder is None else folder.strip("/") + "/"
    if isinstance(given, list) and all(isinstance(each, Mapping) for each in given):
        return {each["split"]: [prefix + path for path in _listed(each["path"])] for each in given}
    if isinstance(given, Mapping):
        return {split: [prefix + path for path in _listed(paths)] for split, paths in given.items()}
    return {"train": [prefix + path for path in _listed(given)]}


def _matching(patterns: Sequence[str], files: Sequence[str]) -> list[str]:
    return [file for pattern in patterns for file in files if fnmatch(file, pattern.replace("**/", "*"))]


def _by_name(files: Sequence[str]) -> dict[str, list[str]]:
    """Files by the split that their names, or those of their folders, tell; all are "train" where none does."""
    found: dict[str, list[str]] = {}
    for split, words in KEYWORDS.items():
        told = re.compile(rf"(?:^|[-._ 0-9/])(?:{'|'.join(words)})(?:[-._ 0-9/]|$)")
        found[split] = [file for file in files if told.search(file)]
    return found if any(found.values()) else {"train": list(files)}


def _check_shards(repository: str, files: Sequence[str]) -> None:
    """A listing from a cache may lack some of a split's parts."""
    for file in files:
        part = SHARD.search(file)
        if part and sum(SHARD.sub(".", each) == SHARD.sub(".", file) for each in files) != int(part.group(2)):
            raise InvalidInputError(f"hub: dataset {repository}: expected all {part.group(2)} parts of {file}, found fewer")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
