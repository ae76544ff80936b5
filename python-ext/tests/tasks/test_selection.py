"""Names stand for the tasks and groups that lm-eval makes of them."""

import pytest

from ballast.errors import InvalidInputError
from ballast.tasks import Directory, TaskSession, find_tasks

TASK = "dataset_path: json\ndataset_kwargs: {{data_files: {{test: {rows}}}}}\ntest_split: test\ndoc_to_text: q\n\
doc_to_target: a\noutput_type: loglikelihood\ndescription: plain\n"
GROUPS = {
    "simple": "group: simple\ntask: [a, b]\naggregate_metric_list:\n- {metric: acc, weight_by_size: false}\n"
    "metadata: {version: 2}\n",
    "tagged": "group: tagged\ngroup_alias: Tagged ones\ntask: [marked]\naggregate_metric_list:\n"
    "  metric: acc\n  filter_list: none\n",
    "nested": "group: nested\ntask:\n- simple\n- c\naggregate_metric_list: [{metric: acc, filter_list: [x, y]}]\n",
    "overriding": "group: overriding\ndescription: of the group\ntask:\n- a\n- task: b\n  num_fewshot: 3\n"
    "- {task: c, description: of the entry}\n",
    "inline": "group: inline\ntask:\n- group: part\n  group_alias: a part\n  task: [a, {task: b, num_fewshot: 2}]\n"
    "  aggregate_metric_list: [{metric: acc}]\n- c\n",
    "renamed": "group: renamed\ntask:\n- {group: simple, description: from outside}\n",
}


@pytest.mark.parametrize("text", ["group: all\ntask: 3\n", "group: all\ntask: [3]\n", "group: all\ntask: [a]\naggregate_metric_list: [3]\n"])
def test_a_group_of_another_form_is_refused_by_name(text, folder):
    """Found by fuzzing."""
    (folder / "all.yaml").write_text(text)
    with pytest.raises(InvalidInputError, match="a task of lm-eval's form in all, found values of another"):
        find_tasks(["all"], Directory([folder]))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"q": "Why", "a": " so"}\n{"q": "Who", "a": " me"}\n')
    for name in "abc":
        tag = "tag: marked\n" if name != "b" else ""
        (tmp_path / f"{name}.yaml").write_text(f"task: {name}\n{tag}" + TASK.format(rows=tmp_path / "rows.jsonl"))
    for name, text in GROUPS.items():
        (tmp_path / f"group_{name}.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize("names", [["a"], ["marked"], ["simple", "c"], ["b", "tagged"], *([each] for each in GROUPS)])
def test_tasks_and_groups_are_those_that_lm_eval_loads(names, folder, lm_eval):
    theirs = lm_eval.ask("loaded", folder=str(folder), names=names)
    selection = find_tasks(names, Directory([folder]))
    assert {name: told(task) for name, task in selection.tasks.items()} == theirs["tasks"]
    mine = {name: {key: group[key] for key in group if key != "name"} for name, group in selection.groups.items()}
    assert mine == theirs["groups"]


def told(task: dict) -> dict:
    if task["file"] is not None:
        session = TaskSession.open(task["file"], trust_code=False)
    else:
        session = TaskSession.of(task["content"])
    described = session.describe()
    assert described["task"] == task["name"]
    return {"description": described["config"]["description"], "num_fewshot": described["shots"]}


def test_groups_come_after_what_is_in_them(folder):
    directory = Directory([folder])
    assert list(find_tasks(["nested"], directory).groups) == ["simple", "nested"]
    assert list(find_tasks(["inline"], directory).groups) == ["inline::part", "inline"]


def test_a_task_named_twice_is_run_once_and_in_two_forms_refused(folder):
    directory = Directory([folder])
    assert list(find_tasks(["a", "simple", "marked", str(folder / "a.yaml")], directory).tasks) == ["a", "b", "c"]
    with pytest.raises(InvalidInputError, match="each task in one form, found a twice"):
        find_tasks(["a", "overriding"], directory)


def test_a_pattern_stands_for_all_names_that_match(folder):
    assert list(find_tasks(["sci*", "[ab]"], Directory([folder])).tasks) == ["sciq", "a", "b"]
    with pytest.raises(InvalidInputError, match=r"found 'x\*'"):
        find_tasks(["x*"], Directory([folder]))


def test_a_task_in_place_is_a_task_of_its_group(folder):
    (folder / "g.yaml").write_text("group: g\ntask:\n- {task: new, output_type: loglikelihood, doc_to_text: q, "
                                   "doc_to_target: !function own.target}\n")  # fmt: skip
    (folder / "own.py").write_text("def target(row):\n    return ' ' + row['q']\n")
    (task,) = find_tasks(["g"], Directory([folder])).tasks.values()
    assert (task["name"], task["file"]) == ("g::new", None)
    with pytest.raises(InvalidInputError, match="leave to run"):
        TaskSession.of(task["content"])
    session = TaskSession.of(task["content"], trust_code=True)
    session.add_rows("test", [{"q": "x"}])
    session.prepare(0, None, 1)
    assert session.questions(0, 1)[0]["arguments"] == [("x", " x")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("group: g\ntask: [a, none]\n", "found 'none'; the nearest are"),
        ("group: g\ntask: [{task: none}]\n", "found 'none'"),
        ("group: g\ntask: [g]\n", "groups without a circle, found g → g"),
        ("group: g\ntask: [{name: a}]\n", "group g: expected names under task or group"),
        ("group: g\ntask: [a]\naggregate_metric_list: [{metric: acc, aggregation: max}]\n", "mean, found 'max'"),
    ],
)  # fmt: skip
def test_a_group_that_cannot_be_followed_says_why(text, said, folder):
    (folder / "g.yaml").write_text(text)
    with pytest.raises(InvalidInputError, match=said):
        find_tasks(["g"], Directory([folder]))
