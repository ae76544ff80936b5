import pytest

from ballast.errors import InvalidInputError
from ballast.tasks import Shots, Task, read_task_file
from ballast.tasks.documents import documents_of


@pytest.fixture
def folder(tmp_path):
    base = "task: base\noutput_type: multiple_choice\ndoc_to_choice: [a, b]\ntask_list: [x]\n"
    (tmp_path / "base.yaml").write_text(base)
    (tmp_path / "middle.yaml").write_text("include: base.yaml\ntask: middle\ndoc_to_text: q\n")
    (tmp_path / "leaf.yaml").write_text("include: [middle.yaml]\ntask: leaf\ndoc_to_target: 1\n")
    (tmp_path / "code.yaml").write_text("task: code\noutput_type: loglikelihood\ndoc_to_text: q\n"
                                        "doc_to_target: !function own.target\n")  # fmt: skip
    (tmp_path / "own.py").write_text("def target(row):\n    return ' ' + row['q'][0]\nnumber = 3\n")
    return tmp_path


def test_own_keys_win_over_those_of_included_files(folder):
    content = read_task_file(folder / "leaf.yaml")
    assert content == {
        "task": "leaf",
        "output_type": "multiple_choice",
        "doc_to_choice": ["a", "b"],
        "doc_to_text": "q",
        "doc_to_target": 1,
    }


def test_foreign_code_runs_only_with_leave(folder):
    leaves_a_mark = "from pathlib import Path\nPath(__file__ + '.ran').touch()\n"
    (folder / "own.py").write_text(leaves_a_mark + (folder / "own.py").read_text())
    with pytest.raises(InvalidInputError, match=r"leave to run .*own.target of .*own.py; .*--trust-task-code"):
        read_task_file(folder / "code.yaml")
    assert not (folder / "own.py.ran").exists()
    task = Task.of(read_task_file(folder / "code.yaml", trust_code=True))
    (question,) = task.questions([{"q": "why"}])
    assert question.arguments == [("why", " w")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("include: bad.yaml\n", "in one direction, found .*bad.yaml → .*bad.yaml"),
        ("include: none.yaml\n", "a task file at .*none.yaml, found No such file"),
        ("a: [1\n", "expected YAML in the task file .*bad.yaml"),
        ("- a\n", "expected keys and values .* found list"),
        ("a: !function own.number\n", "a function number in .*own.py"),
        ("a: !function own.none\n", "a function none in .*own.py"),
        ("a: !function other.f\n", "expected .*other.py for !function other.f .* found none"),
        ("a: !function broken.f\n", "importable .* found SyntaxError"),
        ("a: !!python/object/apply:os.getcwd []\n", "expected YAML"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(folder, content, said):
    (folder / "bad.yaml").write_text(content)
    (folder / "broken.py").write_text("def f(:\n")
    with pytest.raises(InvalidInputError, match=said):
        read_task_file(folder / "bad.yaml", trust_code=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"output_type": "multiple_choice"}, 'a name under "task"'),
        ({"task": "t", "output_type": "guess"}, "t: output_type: expected one of multiple_choice, .* found 'guess'"),
        ({"task": "t", "doc_to_image": "i"}, "found the key doc_to_image"),
    ],
)
def test_a_task_that_cannot_be_followed_is_refused(content, said):
    with pytest.raises(InvalidInputError, match=said):
        Task.of(content)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"doc_to_text": "{{missing}}"}, "mine, row 1: .*'missing' is undefined"),
        ({"doc_to_text": "{% if %}"}, "mine, row 0: the template .* cannot be filled"),
        ({"doc_to_text": "{{1 / 0}}"}, "row 0: .* ZeroDivisionError"),
        ({"doc_to_text": "{{q.__class__.__mro__}}"}, "row 0: .* unsafe"),
        ({"doc_to_choice": "{{q}}"}, "row 0: the template '{{q}}' was to give a list, found 'one'"),
        ({"doc_to_choice": "q"}, "row 0: doc_to_choice: expected texts to choose from, found 'one'"),
        ({"doc_to_choice": []}, "row 0: doc_to_choice: expected texts"),
        ({"doc_to_choice": [1, 2]}, "row 0: doc_to_choice: expected texts"),
        ({"doc_to_target": lambda row: row["q"].index("z")}, "row 0: doc_to_target: .* failed with ValueError"),
        ({"doc_to_text": None}, "row 0: doc_to_text: expected a text, found None"),
    ],
)
def test_a_row_that_cannot_be_asked_about_is_named(changes, said):
    content = {"task": "mine", "output_type": "multiple_choice", "doc_to_text": "q", "doc_to_target": 0}
    content["doc_to_choice"] = ["a", "b"]
    rows = [{"q": "one", "missing": "there"}, {"q": "two"}]
    with pytest.raises(InvalidInputError, match=said):
        list(Task.of(content | changes).questions(rows))


def test_a_failing_process_docs_is_named():
    def fails(documents):
        return documents.map(lambda row: {"x": row["none"]})

    with pytest.raises(InvalidInputError, match="t: process_docs failed with KeyError"):
        documents_of("t", [{"q": "a"}], fails)


@pytest.mark.parametrize("gold", [2, -1, "c", None])
def test_a_gold_answer_that_is_none_of_the_choices_is_empty(gold):
    content = {"task": "t", "output_type": "multiple_choice", "doc_to_text": "q", "doc_to_choice": ["a", "b"]}
    (question,) = Task.of(content).questions([{"q": "?"}])
    assert question.gold == []
    (question,) = Task.of(content | {"doc_to_target": gold}).questions([{"q": "?"}])
    assert question.gold == []


def test_several_right_answers_are_all_gold():
    content = {"task": "t", "output_type": "multiple_choice", "doc_to_text": "q", "doc_to_choice": ["a", "b", "c"]}
    (question,) = Task.of(content | {"doc_to_target": "{{[0, 2]}}"}).questions([{"q": "?"}])
    assert question.gold == [0, 2]


def test_shots_leave_the_question_out_also_where_the_pool_holds_copies_of_it():
    rows = [{"q": "same"}] * 6 + [{"q": str(i)} for i in range(3)]
    for seed in range(20):
        drawn = Shots(rows, 3, seed=seed).of({"q": "same"}, same_rows=True)
        assert len(drawn) == 3 and {"q": "same"} not in drawn
    assert Shots(rows, 2, "first_n").of({"q": "same"}, same_rows=True) == [{"q": "0"}, {"q": "1"}]


def test_too_few_rows_or_an_unknown_sampler_are_refused():
    with pytest.raises(InvalidInputError, match="at least 4 rows to draw 3 examples from, found 3"):
        Shots([{"q": str(i)} for i in range(3)], 3).of({"q": "1"}, same_rows=True)
    with pytest.raises(InvalidInputError, match="at least 5 rows .* found 3"):
        Shots([{"q": str(i)} for i in range(3)], 5, "first_n").of({"q": "9"}, same_rows=False)
    with pytest.raises(InvalidInputError, match='expected default or first_n, found "balanced"'):
        Shots([], 1, "balanced")
