"""Names of tasks, groups and tags are those of lm-eval's own index."""

import importlib.util
import time
from pathlib import Path

import pytest

from ballast.errors import InvalidInputError
from ballast.tasks import Directory
from ballast.tasks.directory import SHIPPED, content_of, entry_of_file

KINDS = {"TASK": "task", "PY_TASK": "task", "GROUP": "group", "TAG": "tag"}
FILES = {
    "_template.yaml": "tag: [inherited]\noutput_type: generate_until\ntask_list: [x]\n",
    "a/one.yaml": "include: ../_template.yaml\ntask: one # a comment\n",
    "a/two.yaml": 'include: [../_template.yaml]\n"task" : "two"\ntag:\n- mine\n# between\n\n- "yours"\n',
    "b/one.yaml": "task: one\ndescription: a later path\n",
    "b/class.yaml": "class: !function own.Task\ntask: of_code\n",
    "b/group.yaml": "group: all\ntask:\n  - one\n  - task: two\n    num_fewshot: 3\nmetadata:\n  version: 1\n",
    "b/block.yaml": "task: >-\n  folded\n  name\ndoc_to_text: |\n  tag: no\n  task: no\n",
    "b/flow.yaml": "{task: flow, tag: mine}\n",
    "b/list.yaml": "task: [one]\n",
    "b/tag_and_task.yaml": "task: mine\n",
    "b/.ipynb_checkpoints/hidden.yaml": "task: hidden\n",
    "b/other.yml": "task: not_yaml\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def seen(directory: Directory) -> dict:
    entries = {name: directory.get(name) for name in directory.names()}
    return {
        name: [each.kind, str(each.file), sorted(each.members) if each.kind == "tag" else []]
        for name, each in entries.items()
    }


def told(lm_eval, folder) -> dict:
    found = lm_eval.ask("index", folder=folder)
    return {name: [KINDS[kind], file, members] for name, (kind, file, members) in found.items()}


def test_names_kinds_files_and_tags_are_lm_evals(folder, lm_eval):
    assert seen(Directory([folder], shipped=False)) == told(lm_eval, str(folder))


def test_a_name_that_is_no_text_is_passed_over(folder):
    (folder / "number.yaml").write_text("task: 12\n")  # lm-eval stops at these.
    (folder / "no.yaml").write_text("task: no\n")
    assert "one" in Directory([folder]).names()


def test_the_whole_directory_of_lm_eval_is_indexed_as_lm_eval_does_and_quickly(lm_eval):
    installed = Path(importlib.util.find_spec("lm_eval").origin).parent / "tasks"
    start = time.process_time()
    directory = Directory([installed], shipped=False)
    assert time.process_time() - start < 8  # Measured: 2 s.
    assert len(directory.names("task")) > 13_000
    assert seen(directory) == told(lm_eval, None)


def test_a_later_directorys_names_win(folder):
    (folder / "later").mkdir()
    (folder / "later" / "sciq.yaml").write_text("task: sciq\n")
    assert Directory().find("sciq").file == SHIPPED / "sciq.yaml"
    assert Directory([folder / "a", folder / "later"]).find("sciq").file == folder / "later" / "sciq.yaml"


def test_all_shipped_files_are_there():
    assert Directory().names() == [
        "arc_easy", "hellaswag", "lambada_openai", "medmcqa", "perplexity", "piqa", "sciq", "sums", "wikitext"
    ]  # fmt: skip


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(InvalidInputError, match=r"a task, a group or a tag, .* found 'hela_swag'; .* hellaswag"):
        Directory().find("hela_swag")
    with pytest.raises(InvalidInputError, match="found 'zzzzzz'; the nearest are arc_easy, "):
        Directory().find("zzzzzz")
    with pytest.raises(InvalidInputError, match="expected a directory of task files at none"):
        Directory(["none"])


def test_a_file_is_named_by_its_path(folder):
    entry = Directory().find(str(folder / "b" / "group.yaml"))
    assert (entry.kind, entry.name) == ("group", "all")
    assert entry_of_file(folder / "b" / "other.yml").name == "not_yaml"
    assert entry_of_file(folder / "_template.yaml") is None
    assert entry_of_file(folder / "none.yaml") is None


def test_content_holds_what_is_included_and_where_functions_lie(folder):
    code = {"!function": f"{folder}/b/own.Task"}
    assert content_of(folder / "b" / "class.yaml") == {"class": code, "task": "of_code"}
    assert content_of(folder / "a" / "two.yaml")["output_type"] == "generate_until"
    (folder / "circle.yaml").write_text("include: circle.yaml\n")
    with pytest.raises(InvalidInputError, match="expected YAML of keys and values in the task file .*circle.yaml"):
        content_of(folder / "circle.yaml")
