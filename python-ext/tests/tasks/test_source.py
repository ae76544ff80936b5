import pytest

from ballast.errors import InvalidInputError
from ballast.tasks.source import Source

TASK = {"task": "t", "dataset_path": "json", "test_split": "test"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("b.jsonl", "a.jsonl", "c.csv"):
        (tmp_path / "data" / name).write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("given", "files"),
    [
        ({"data_files": "data/a.jsonl"}, {"train": ["data/a.jsonl"]}),
        ({"data_files": ["data/a.jsonl", "none.jsonl"]}, {"train": ["data/a.jsonl", "none.jsonl"]}),
        ({"data_files": {"test": "data/a.jsonl", "dev": ["data/b.jsonl"]}},
         {"test": ["data/a.jsonl"], "dev": ["data/b.jsonl"]}),
        ({"data_files": {"test": "data/*.jsonl"}}, {"test": ["data/a.jsonl", "data/b.jsonl"]}),
        ({"data_dir": "data", "data_files": {"test": "?.csv"}}, {"test": ["data/c.csv"]}),
    ],
)  # fmt: skip
def test_files_begin_at_the_task_files_folder_in_every_form(given, files, folder):
    source = Source.of(TASK | {"dataset_kwargs": given}, folder)
    assert source.data_files == {split: [str(folder / file) for file in each] for split, each in files.items()}


def test_addresses_and_whole_paths_stay(folder):
    files = {"test": ["hf://datasets/a/b/c.jsonl", str(folder / "x.jsonl")]}
    given = {"data_files": files, "trust_remote_code": True, "sep": ";"}
    described = Source.of(TASK | {"dataset_kwargs": given}, folder).describe()
    assert described["dataset"]["dataFiles"] == files
    assert described["dataset"]["options"] == {"sep": ";"}


@pytest.mark.parametrize("escape", ["/etc/passwd", "../x.jsonl", "data/../../x.jsonl", "link.jsonl", "linked/*.jsonl"])
def test_data_files_outside_of_the_folder_need_leave(escape, folder):
    """Their rows would end in samples that somebody publishes."""
    (folder.parent / "x.jsonl").write_text("secret")
    (folder / "link.jsonl").symlink_to(folder.parent / "x.jsonl")
    (folder / "linked").symlink_to(folder.parent)
    content = TASK | {"dataset_kwargs": {"data_files": {"test": escape}}}
    with pytest.raises(InvalidInputError, match=r"within the task file's folder .*found /.*--trust-task-code"):
        Source.of(content, folder)
    assert Source.of(content, folder, trusted=True).data_files is not None
    content = TASK | {"dataset_kwargs": {"data_dir": "..", "data_files": {"test": "x.jsonl"}}}
    with pytest.raises(InvalidInputError, match="within the task file's folder"):
        Source.of(content, folder)


def test_a_pattern_without_files_is_refused(folder):
    with pytest.raises(InvalidInputError, match=r"expected files .*data/\*.parquet"):
        Source.of(TASK | {"dataset_kwargs": {"data_files": "data/*.parquet"}}, folder)


@pytest.mark.parametrize(
    ("keys", "splits", "left_out"),
    [
        ({"training_split": "train", "test_split": "test"}, ("test", "train"), False),
        ({"training_split": "train", "validation_split": "dev"}, ("dev", "train"), True),
        ({"validation_split": "dev", "test_split": "test"}, ("test", "dev"), False),
        ({"validation_split": "dev"}, ("dev", "dev"), True),
        ({"validation_split": "dev", "fewshot_split": "dev"}, ("dev", "dev"), True),
        ({"test_split": "test"}, ("test", "test"), True),
        ({"test_split": "test", "fewshot_split": "test"}, ("test", "test"), True),
        ({"test_split": "test", "fewshot_config": {"split": "other"}}, ("test", "other"), False),
        ({"test_split": "test", "fewshot_config": {"samples": [{"q": 1}]}}, ("test", None), False),
        ({"test_split": "test", "fewshot_split": "dev", "fewshot_config": {"samples": []}}, ("test", "dev"), False),
    ],
)
def test_splits_follow_lm_evals_rule(keys, splits, left_out, folder):
    source = Source.of({"task": "t", "dataset_path": "org/name"} | keys, folder)
    assert (source.test, source.fewshot) == splits
    assert source.leaves_question_out() == left_out
