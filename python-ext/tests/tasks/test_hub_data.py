"""Files of a split of a hub's data set are those that `datasets` finds."""

import pytest
from hub_server import Hub

from ballast import hub as ballast_hub
from ballast.errors import EnvironmentMissingError, InvalidInputError
from ballast.tasks.hub_data import split_files

NOBODY = "http://127.0.0.1:9"  # The port that discards; nobody listens there.
CONFIGS = """---
license: mit
configs:
- config_name: first
  data_files:
  - split: train
    path: first/train-*
  - {split: test, path: [first/test/**, "first/te?t.jsonl"]}
- config_name: second
  default: true
  data_files: [{split: test, path: "**/deep/[a-b]*.csv"}]
- config_name: third
  data_dir: third
- config_name: fourth
  data_dir: third
  data_files: "*.csv"
---
# A card
"""
# Files of each layout, and the names of its configurations.
LAYOUTS = {
    "shards": (["data/train-00000-of-00001.csv", "data/test-00000-of-00002-ab12.csv",
                "data/test-00001-of-00002-ab12.csv", "data/strange.split-00000-of-00001.csv",
                "other/validation.csv"], [None]),
    "folders": (["train/a.csv", "x/test-small/b.csv", "x/dev.set/c/d.csv", "test.csv", "mytest/e.csv"], [None]),
    "names": (["train.csv", "my_test.csv", "x/a-val-1.csv", "contest.csv", "testing/trained.csv.csv"], [None]),
    "names only": (["eval.1.csv", "training 2.csv", "validation_.csv", "latest.csv"], [None]),
    "neither": (["a.csv", "b/c.csv", ".hidden/d.csv"], [None]),
    "configurations": (["first/train-1.csv", "first/train-2.csv", "first/test/x/y.csv", "first/test.csv",
                        "x/deep/a1.csv", "deep/b.csv", "deep/c.csv", "x/deep/e/a.csv", "third/test.csv",
                        "third/x/train.csv", "README.md"], ["first", "second", "third", "fourth", None]),
}  # fmt: skip


@pytest.fixture(autouse=True)
def without_token(monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)


@pytest.fixture
def root(tmp_path):
    for name, (files, _) in LAYOUTS.items():
        for file in files:
            path = folder(tmp_path, name) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(CONFIGS if file == "README.md" else "q,a\n1,2\n")
    return tmp_path


def folder(root, layout: str):
    return root / "datasets" / "tiny" / layout.replace(" ", "-")


@pytest.mark.parametrize(("layout", "name"), [(each, name) for each, (_, names) in LAYOUTS.items() for name in names])
def test_files_are_those_that_datasets_finds(layout, name, root, tmp_path, lm_eval):
    theirs = lm_eval.ask("data_files", folder=str(folder(root, layout)), name=name)
    assert theirs
    repository = f"tiny/{folder(root, layout).name}"
    with Hub(root, 0) as hub:
        for split, files in theirs.items():
            found = split_files(repository, name, split, None, hub.address, str(tmp_path / "cache"))
            assert len(found) == len(files)
            assert all(mine.endswith(f"/{file}") for mine, file in zip(sorted(found), sorted(files), strict=True))


def test_a_split_or_configuration_that_is_not_there_is_refused_with_those_that_are(root, tmp_path):
    with Hub(root, 0) as hub:
        for layout, name, split, said in [
            ("names-only", None, "tests", "expected a split tests, found train, validation, test"),
            ("names-only", "main", "test", "expected a configuration main, found the data set has none"),
            ("configurations", "fifth", "test", "dataset_name to be one of first, .*, fourth, found 'fifth'"),
        ]:
            with pytest.raises(InvalidInputError, match=f"dataset tiny/{layout}: .*{said}"):
                split_files(f"tiny/{layout}", name, split, None, hub.address, str(tmp_path / "cache"))
        with pytest.raises(InvalidInputError, match="dataset tiny/none: .* answers 401"):
            split_files("tiny/none", None, "test", None, hub.address, str(tmp_path / "cache"))


def test_a_data_set_made_by_a_script_is_refused_with_what_to_do(root, tmp_path):
    repository = root / "datasets" / "tiny" / "scripted"
    repository.mkdir()
    (repository / "scripted.py").write_text("raise SystemExit\n")
    said = r"the script scripted.py, .* refs/convert/parquet"
    with Hub(root, 0) as hub, pytest.raises(InvalidInputError, match=said):
        split_files("tiny/scripted", None, "test", None, hub.address, str(tmp_path / "cache"))


def test_a_split_of_two_formats_is_refused(root, tmp_path):
    (folder(root, "names only") / "eval.2.jsonl").write_text("{}\n")
    said = "files of one format for the split test, found eval.1"
    with Hub(root, 0) as hub, pytest.raises(InvalidInputError, match=said):
        split_files("tiny/names-only", None, "test", None, hub.address, str(tmp_path / "cache"))


def test_what_is_in_the_cache_serves_when_the_hub_cannot_be_reached(root, tmp_path):
    cache = str(tmp_path / "cache")
    with Hub(root, 0) as hub:
        found = split_files("tiny/shards", None, "test", None, hub.address, cache)
    assert split_files("tiny/shards", None, "test", None, NOBODY, cache) == found


def test_offline_the_cache_is_all_there_is(root, tmp_path, monkeypatch):
    cache = str(tmp_path / "cache")
    with Hub(root, 0) as hub:
        split_files("tiny/shards", None, "test", None, hub.address, cache)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InvalidInputError, match="expected a split train, found test"):
        split_files("tiny/shards", None, "train", None, NOBODY, cache)
    with pytest.raises(EnvironmentMissingError, match="tiny/names"):
        split_files("tiny/names", None, "test", None, NOBODY, cache)


def test_a_cache_with_some_of_the_parts_is_not_taken_for_the_whole(root, tmp_path, monkeypatch):
    cache = str(tmp_path / "cache")
    with Hub(root, 0) as hub:
        first = "data/test-00000-of-00002-ab12.csv"
        ballast_hub.download_dataset_file("tiny/shards", first, None, hub.address, cache)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(InvalidInputError, match="expected all 2 parts of data/test-00000-of-00002-ab12.csv"):
        split_files("tiny/shards", None, "test", None, NOBODY, cache)
