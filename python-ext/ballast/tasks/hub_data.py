"""The files of a split of a hub's data set, without running its code."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ballast import hub
from ballast.errors import InvalidInputError
from ballast.tasks import yaml_text

FORMATS = (".parquet", ".json", ".jsonl", ".csv")
CARD = "README.md"
DEFAULT, TRAIN = "default", "train"
# How `datasets` finds splits by names (`datasets.data_files`; its documentation, "Structure your repository").
KEYWORDS = {
    "train": "train|training",
    "validation": "validation|valid|dev|val",
    "test": "test|testing|eval|evaluation",
}
SHARDED = re.compile(r"data/(\w+(?:\.\w+)*)-\d{5}-of-\d{5}[^/]*\.[^/]*$")
BEGINS = "(?:^|[-._ 0-9/])"
IN_FOLDER = {split: re.compile(rf"{BEGINS}(?:{words})(?:[-._ 0-9][^/]*)?/") for split, words in KEYWORDS.items()}
IN_NAME = {split: re.compile(rf"{BEGINS}(?:{words})[-._ 0-9][^/]*$") for split, words in KEYWORDS.items()}
IGNORED = re.compile(r"(?:^|/)(?:config|dataset_infos?|dataset_dict)\.json$|(?:^|/)(?:\.|__)")
SHARD = re.compile(r"-(\d{5})-of-(\d{5})(?=[.-])")


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
    files, folder = hub.list_dataset_files(repository, revision, endpoint, cache)

    def local(file: str) -> Path:
        return folder / file if folder else hub.download_dataset_file(repository, file, revision, endpoint, cache)

    configurations = _configurations(repository, local(CARD)) if CARD in files else []
    wanted = _files_of_split(repository, name, split, files, configurations)
    _check_shards(repository, wanted)
    return [str(local(file)) for file in wanted]


def _files_of_split(
    repository: str, name: str | None, split: str, files: Sequence[str], configurations: Sequence[Mapping[str, Any]]
) -> list[str]:
    data = [file for file in files if file.endswith(FORMATS) and not IGNORED.search(file)]
    if configurations:
        by_split = _configured(_configuration(repository, name, configurations), data)
    elif name in (None, DEFAULT):
        by_split = _by_name(data)
    else:
        raise _refusal(repository, files, f"a configuration {name}", "the data set has none")
    wanted = by_split.get(split)
    if not wanted:
        known = ", ".join(key for key, found in by_split.items() if found) or "none in a format that Ballast reads"
        raise _refusal(repository, files, f"a split {split}", known)
    if len({Path(file).suffix for file in wanted}) > 1:
        raise _refusal(repository, files, f"files of one format for the split {split}", ", ".join(wanted))
    return wanted


def _refusal(repository: str, files: Sequence[str], expected: str, found: str) -> InvalidInputError:
    script = repository.rpartition("/")[2] + ".py"
    if script in files:
        return InvalidInputError(
            f"hub: dataset {repository}: expected data files, found the script {script}, which Ballast does not run; "
            "set dataset_kwargs: {revision: refs/convert/parquet} in the task file, where the hub keeps such data sets "
            "as files, or give local files"
        )
    return InvalidInputError(f"hub: dataset {repository}: expected {expected}, found {found}")


def _configurations(repository: str, card: Path) -> list[Mapping[str, Any]]:
    """`configs` of the YAML head of a data set's card."""
    head = re.match(r"---\s*\n(.*?)\n---", card.read_text(encoding="utf-8", errors="replace"), re.DOTALL)
    try:
        content = yaml_text.load(head.group(1), yaml.SafeLoader) if head else None
    except (yaml.YAMLError, ValueError) as error:
        raise _broken_card(repository, yaml_text.problem(error)) from error
    configurations = (content.get("configs") if isinstance(content, Mapping) else None) or []
    if not isinstance(configurations, list) or not all(_is_configuration(each) for each in configurations):
        raise _broken_card(repository, "configs of another form")
    return configurations


def _is_configuration(found: Any) -> bool:
    if not isinstance(found, Mapping) or not isinstance(found.get("data_dir", ""), str | None):
        return False
    given = found.get("data_files")
    if isinstance(given, Mapping):
        given = list(given.values())
    parts = [each["path"] if isinstance(each, Mapping) and {"split", "path"} <= set(each) else each
             for each in _listed(given)]  # fmt: skip
    return given is None or all(isinstance(text, str) for part in parts for text in _listed(part))


def _broken_card(repository: str, found: str) -> InvalidInputError:
    return InvalidInputError(
        f"hub: dataset {repository}: expected YAML with data files at the head of {CARD}, found {found}; give local "
        "files"
    )


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


def _configured(configuration: Mapping[str, Any], files: Sequence[str]) -> dict[str, list[str]]:
    """Files by split as a configuration's `data_dir` and `data_files`, in any of its forms, say."""
    folder = (configuration.get("data_dir") or "").strip("/")
    inside = [file for file in files if file.startswith(folder + "/")] if folder else files
    given = configuration.get("data_files")
    if given is None:
        return _by_name(inside, folder)
    if isinstance(given, list) and all(isinstance(each, Mapping) for each in given):
        given = {each["split"]: each["path"] for each in given}
    elif not isinstance(given, Mapping):
        given = {TRAIN: given}
    return {split: _matching(_listed(patterns), folder, inside) for split, patterns in given.items()}


def _matching(patterns: Sequence[str], folder: str, files: Sequence[str]) -> list[str]:
    whole = [_pattern(f"{folder}/{each}" if folder else each) for each in patterns]
    return [file for pattern in whole for file in files if pattern.fullmatch(file)]


def _pattern(glob: str) -> re.Pattern[str]:
    """A glob as the hub's file system reads it: only `**` crosses folders."""
    meanings = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", glob)
    return re.compile("".join(meanings.get(part) or (part if part[:1] == "[" else re.escape(part)) for part in parts))


def _by_name(files: Sequence[str], folder: str = "") -> dict[str, list[str]]:
    """Files by the split that `data/SPLIT-00000-of-00001…` tells, else their folders or names; else all "train"."""
    inside = {file: file[len(folder) + 1 :] if folder else file for file in files}
    shards: dict[str, list[str]] = {}
    for file, path in inside.items():
        if shard := SHARDED.match(path):
            shards.setdefault(shard.group(1), []).append(file)
    if shards:
        return shards
    for told in (IN_FOLDER, IN_NAME):
        found = {split: [file for file, path in inside.items() if told[split].search(path)] for split in KEYWORDS}
        if any(found.values()):
            return found
    return {TRAIN: list(files)}


def _check_shards(repository: str, files: Sequence[str]) -> None:
    """A listing that comes from a cache may lack some of a split's parts."""
    for file in files:
        part = SHARD.search(file)
        if part and sum(each.startswith(file[: part.start()] + "-") for each in files) < int(part.group(2)):
            raise InvalidInputError(
                f"hub: dataset {repository}: expected all {int(part.group(2))} parts of {file}, found fewer; fetch "
                "them once with a network"
            )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
