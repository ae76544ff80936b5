"""Where a task's rows come from, as its file says."""

import glob
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ballast.errors import InvalidInputError

DEFAULT_SPLIT = "train"  # What `datasets` calls files that are given without a split.


@dataclass(frozen=True)
class Source:
    """A data set and its splits.

    Attributes:
        path: "json", "csv", "parquet", "text" for files, else a data set of a hub; None where the file names none
        name: of a configuration of that data set
        data_files: split → files; None where there are none
        options: further arguments of `datasets.load_dataset`
        test: the split that is asked about
        fewshot: the split that examples come from; None where the file itself holds them
        configured: the split that the file names for examples; None where lm-eval's rule finds it
        test_split: as the file has it, which lm-eval compares with `configured`
    """

    path: str | None
    name: str | None
    data_files: dict[str, list[str]] | None
    options: dict[str, Any]
    test: str
    fewshot: str | None
    configured: str | None
    test_split: str | None

    @classmethod
    def of(cls, content: Mapping[str, Any], folder: Path, trusted: bool = False) -> "Source":
        """Reads the keys `dataset_…`, `…_split` and `fewshot_config`.

        Args:
            content: of a task file
            folder: that relative paths begin at
            trusted: whether data files may lie outside of it: what is asked about ends in samples that are published

        Raises:
            InvalidInputError: no split to ask about, data made by code, or data files outside of the folder.
        """
        name = content.get("task")
        if content.get("custom_dataset") is not None:
            raise InvalidInputError(f"{name}: expected data files or a data set, found the key custom_dataset")
        test, validation = content.get("test_split"), content.get("validation_split")
        if test is None and validation is None and content.get("dataset_path") is not None:
            raise InvalidInputError(f"{name}: expected a split to ask about under test_split, found none")
        config = content.get("fewshot_config") or {}
        configured = config.get("split", content.get("fewshot_split"))
        asked = test or validation or "test"
        inline = configured is None and config.get("samples") is not None
        options = dict(content.get("dataset_kwargs") or {})
        options.pop("trust_remote_code", None)
        base = folder / options.pop("data_dir", "")
        return cls(
            path=content.get("dataset_path"),
            name=content.get("dataset_name"),
            data_files=_data_files(options.pop("data_files", None), base, None if trusted else folder.resolve()),
            options=options,
            test=asked,
            fewshot=None if inline else configured or content.get("training_split") or validation or asked,
            configured=configured,
            test_split=test,
        )

    def describe(self) -> dict[str, Any]:
        """What Java needs to read the rows."""
        known = asdict(self)
        return {
            "dataset": {"path": self.path, "dataFiles": self.data_files, "options": self.options},
            "splits": {"test": known["test"], "fewshot": known["fewshot"]},
        }

    def leaves_question_out(self) -> bool:
        """Whether lm-eval draws one example more and leaves the question out.

        It does so where the split for examples is the test split; also where the file names neither. It forgets to
        where both turn out to be the same split in another way, such as the validation split, and may then show a
        question's own answer: Ballast leaves it out there too.
        """
        return self.configured == self.test_split or self.fewshot == self.test


def _data_files(files: Any, base: Path, within: Path | None) -> dict[str, list[str]] | None:
    if files is None:
        return None
    by_split = files if isinstance(files, Mapping) else {DEFAULT_SPLIT: files}
    return {
        split: [_checked(path, within) for each in _listed(given) for path in _paths(each, base)]
        for split, given in by_split.items()
    }


def _checked(path: str, within: Path | None) -> str:
    if within is None or "://" in path or Path(path).resolve().is_relative_to(within):
        return path
    raise InvalidInputError(
        f"expected data files within the task file's folder {within}, found {path}: give --trust-task-code if you "
        'trust the task file, or name the file as "data" of the evaluation'
    )


def _listed(given: Any) -> list[str]:
    return list(given) if isinstance(given, list | tuple) else [given]


def _paths(file: str, base: Path) -> list[str]:
    if "://" in file:
        return [file]
    if not any(letter in file for letter in "*?["):
        return [str((base / file).resolve())]
    found = sorted(glob.glob(str((base / file).resolve()), recursive=True))
    if not found:
        raise InvalidInputError(f"expected files {base / file}, as the task file has them, found none")
    return found
