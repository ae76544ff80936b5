import json
from pathlib import Path

import pytest
from hub_server import Hub

from ballast import bridge
from ballast.errors import InvalidInputError
from ballast.java import handles
from ballast.tasks import TaskSession, as_json
from ballast.tasks.directory import SHIPPED

CHOICE = {"task": "t", "output_type": "multiple_choice", "doc_to_text": "q", "doc_to_choice": ["a", "b"],
          "doc_to_target": "label"}  # fmt: skip
TEXT = {"task": "t", "doc_to_text": "q", "doc_to_target": "a"}


def ready(content: dict, rows: list, fewshot: list = (), shots: int = 0, limit=None, seed: int = 1234) -> TaskSession:
    session = TaskSession.of(content)
    session.add_rows("test", rows)
    session.add_rows("fewshot", list(fewshot))
    session.prepare(shots, limit, seed)
    return session


def many(count: int, start: int = 0) -> list[dict]:
    return [{"q": f"q{i}", "a": f"a{i}", "label": i % 2} for i in range(start, start + count)]


@pytest.fixture(autouse=True)
def nothing_stays_open():
    yield
    handles.release_all()


def test_java_finds_opens_asks_and_scores_a_task_in_json():
    found = json.loads(bridge.find_tasks(["sums"], bridge.open_task_directory([])))
    assert found == {"tasks": [{"name": "sums", "file": str(SHIPPED / "sums.yaml"), "content": None}], "groups": []}
    task = bridge.open_task(found["tasks"][0]["file"], False)
    described = json.loads(bridge.describe_task(task))
    assert described["dataset"] == {
        "path": "json", "options": {},
        "dataFiles": {split: [str(SHIPPED / "sums" / f"{split}.jsonl")] for split in ("train", "test")},
    }  # fmt: skip
    assert described["splits"] == {"test": "test", "fewshot": "train"} and described["shots"] == 5
    assert described["scoredInPython"] and described["generation"]["until"] == ["Question:", "</s>", "<|im_end|>"]
    assert [(each["metric"], each["filter"]) for each in described["metrics"]] == [
        ("exact_match", "strict-match"), ("exact_match", "flexible-extract")
    ]  # fmt: skip
    for split, given in (("test", "test"), ("train", "fewshot")):
        rows = [json.loads(line) for line in (SHIPPED / "sums" / f"{split}.jsonl").read_text().splitlines()]
        for i in range(0, len(rows), 5):  # In chunks.
            bridge.add_task_rows(task, given, json.dumps(rows[i : i + 5]))
    assert bridge.prepare_task(task, 5, 30, 1234) == 100
    first = json.loads(bridge.task_questions(task, 0, 20))
    rest = json.loads(bridge.task_questions(task, 20, 20))
    assert (len(first), len(rest)) == (20, 10)
    ((context,),) = first[0]["arguments"]
    assert context.count("Question:") == 6 and context.endswith("\nAnswer:")
    right = [each["doc"]["answer"] for each in first[3:5]]
    scored = json.loads(bridge.task_results(task, 3, json.dumps([right[0], "it is " + right[1].split()[-1] + ","])))
    assert [[each["metrics"]["exact_match"] for each in item] for item in scored] == [[1.0, 1.0], [0.0, 1.0]]
    with pytest.raises(LookupError, match="expected an open TaskSession"):
        bridge.release(task)
        bridge.describe_task(task)


def test_a_task_of_ones_own_comes_over_the_bridge():
    task = bridge.open_own_task("mine", "{q}", ["{a}", "no"], "{label}")
    bridge.add_task_rows(task, "test", json.dumps(many(2)))
    assert bridge.prepare_task(task, 0, None, 0) == 2
    assert [each["gold"] for each in json.loads(bridge.task_questions(task, 0, 9))] == [[0], [1]]


def test_examples_never_contain_the_item_itself():
    validation = TEXT | {"dataset_path": "json", "validation_split": "validation", "fewshot_split": "validation"}
    for content in (TEXT, validation, CHOICE | {"test_split": "test"}):
        for seed in range(5):
            session = ready(content, many(9), shots=3, seed=seed)
            for number, question in enumerate(session.questions(0, 9)):
                context = question["arguments"][0][0]
                assert context.count(f"q{number}") == 1 and context.count("q") == 4


def test_examples_of_a_validation_split_leave_the_item_out_too_where_java_sends_the_rows_twice():
    content = TEXT | {"dataset_path": "json", "validation_split": "validation", "fewshot_split": "validation"}
    session = ready(content, many(6), fewshot=many(6), shots=5)
    for number, question in enumerate(session.questions(0, 6)):
        assert question["arguments"][0][0].count(f"q{number}") == 1


def test_examples_come_from_all_rows_also_where_few_are_asked_about():
    session = ready(TEXT, many(50), shots=3, limit=2)
    shown = "".join(each["arguments"][0][0] for each in session.questions(0, 10))
    assert session.questions(2, 10) == []
    assert any(f"q{i}\n" in shown or f"q{i} " in shown for i in range(2, 50))


def test_examples_of_the_file_itself_serve_and_may_be_made_by_a_function():
    samples = [{"q": "one", "a": "1"}, {"q": "two", "a": "2"}, {"q": "three", "a": "3"}]
    for given in (samples, lambda: samples):
        content = TEXT | {"test_split": "test", "fewshot_config": {"sampler": "first_n", "samples": given}}
        session = ready(content, many(1), shots=2)
        described = session.describe()
        assert described["fewshotSamplesInline"] and described["splits"]["fewshot"] is None
        assert session.questions(0, 1)[0]["arguments"] == [("one 1\n\ntwo 2\n\nq0",)]


def test_questions_are_given_in_order_and_again_after_another_start():
    session = ready(TEXT, many(9), shots=2)
    together = session.questions(0, 9)
    session.prepare(2, None, 1234)
    assert session.questions(0, 4) + session.questions(4, 9) == together
    with pytest.raises(IndexError, match="t: expected the questions from 9 on, found 0"):
        session.questions(0, 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"doc_to_target": "{{nothing}}"}, "t, row 0: the template '{{nothing}}' cannot be filled: 'nothing' is undef"),
        ({"doc_to_choice": []}, "t, row 0: doc_to_choice: expected texts to choose from, found"),
        ({"doc_to_target": 2}, "t, row 0: doc_to_target: expected the index or the text of .* 2 choices, found 2"),
        ({"doc_to_target": "{{'ab'[label]}}", "doc_to_choice": ["a", "c"]}, "t, row 1: doc_to_target: .* found 'b'"),
        ({"doc_to_text": "{{label}}"}, "t, row 0: doc_to_target: "),
        ({"doc_to_text": "{{'x' if label else label}}", "doc_to_target": 0}, "t, row 1: doc_to_text: expected a text"),
    ],
)
def test_a_row_that_cannot_be_asked_about_is_named(changes, said):
    rows = [{"q": "?", "label": 0}, {"q": "!", "label": 1}]
    if changes.get("doc_to_text") == "{{label}}":
        rows = [{"q": "?", "label": 7}]
    session = ready(CHOICE | changes, rows)
    with pytest.raises(InvalidInputError, match=said):
        session.questions(0, 9)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"repeats": 64}, "t: repeats: expected 1, found 64"),
        ({"filter_list": [{"name": "f", "filter": [{"function": "guess"}]}]}, "t: filter_list: .* found 'guess'"),
        ({"output_type": "loglikelihood", "filter_list": [{"name": "f", "filter": [{"function": "lowercase"}]}]},
         "t: filter_list: expected no filter of texts in a task of loglikelihood"),
        ({"custom_dataset": "x"}, "t: expected data files or a data set, found the key custom_dataset"),
        ({"dataset_path": "json"}, "t: expected a split to ask about under test_split"),
    ],
)  # fmt: skip
def test_a_task_that_cannot_be_run_is_refused_when_it_is_opened(changes, said):
    with pytest.raises(InvalidInputError, match=said):
        TaskSession.of(TEXT | changes)


def test_no_rows_are_refused():
    with pytest.raises(InvalidInputError, match="t: expected rows to ask about, found none"):
        TaskSession.of(TEXT).prepare(0, None, 0)
    with pytest.raises(InvalidInputError, match="t: expected rows of named columns"):
        TaskSession.of(TEXT).add_rows("test", [["a"]])


def test_process_results_of_choices_is_given_pairs_and_a_wrong_value_names_task_and_row():
    def process_results(row, results):
        (first, second) = results
        return {"gap": first[0] - second[0] if row["label"] else "none", "extra": first[1]}

    metrics = [{"metric": "gap", "aggregation": "mean", "higher_is_better": True}]
    content = CHOICE | {"process_results": process_results, "metric_list": metrics}
    session = ready(content, many(2))
    session.questions(0, 2)
    responses = [[[-1.0, False], [-3.0, True]]]
    assert session.results(1, responses) == [
        [{"filter": "none", "filtered": [[-1.0, False], [-3.0, True]], "metrics": {"gap": 2.0}}]
    ]
    with pytest.raises(InvalidInputError, match="t, row 0: metric gap: expected a number that is finite, found 'none'"):
        session.results(0, responses)


def test_results_are_for_questions_that_were_given_and_are_scored_in_python():
    session = ready(TEXT, many(2))
    with pytest.raises(IndexError, match="answers to questions that were given"):
        session.results(0, ["a0"])
    session = ready(CHOICE, many(2))
    session.questions(0, 1)
    assert not session.scored_in_python
    with pytest.raises(TypeError, match="follow from log-likelihoods"):
        session.results(0, [[[-1.0, True], [-2.0, False]]])


def test_any_unicode_survives_and_no_number_is_nan():
    rows = [{"q": "𝄞 \ud800 \x00 \u2028 é", "a": "ü", "x": float("nan"), "y": [1e400, 1e-7, 10**30]}]
    (question,) = json.loads(as_json(ready(TEXT, rows).questions(0, 1)))
    assert question["arguments"] == [[rows[0]["q"]]] and question["target"] == "ü"
    assert question["doc"]["x"] is None and question["doc"]["y"] == [None, 1e-7, 10**30]


def test_simplified_rows_are_read_by_the_same_files_as_the_hubs():
    simple = {
        "hellaswag": {"ctx": "A [mark] stays.", "endings": ["a", "b [x]"], "label": 1},
        "arc_easy": {"id": "1", "question": "Why?", "choices": ["a", "b"], "gold": 1},
    }
    for name, row in simple.items():
        session = TaskSession.open(str(SHIPPED / f"{name}.yaml"), trust_code=False)
        session.add_rows("test", [row])
        session.prepare(0, None, 1234)
        (question,) = session.questions(0, 1)
        endings = row.get("endings") or row["choices"]
        assert question["gold"] == [1] and question["choices"] == endings
        text = row.get("ctx") or "Question: Why?\nAnswer:"
        assert question["arguments"] == [(text, f" {ending}") for ending in endings]


def test_a_perplexity_keeps_a_text_that_looks_like_a_list_and_refuses_rows_without_text():
    session = TaskSession.open(str(SHIPPED / "perplexity.yaml"), trust_code=False)
    session.add_rows("test", [{"text": "[1,   2]"}])
    session.prepare(0, None, 1234)
    assert session.questions(0, 1)[0]["arguments"] == [("[1,   2]",)]
    session = TaskSession.open(str(SHIPPED / "perplexity.yaml"), trust_code=False)
    session.add_rows("test", [{"page": "a"}])
    session.prepare(0, None, 1234)
    with pytest.raises(InvalidInputError, match="perplexity, row 0: doc_to_target: text failed with KeyError: 'text'"):
        session.questions(0, 1)


def test_a_hubs_files_come_at_the_revision_that_the_task_file_names(tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    repository = tmp_path / "datasets" / "tiny" / "rows"
    repository.mkdir(parents=True)
    (repository / "test.jsonl").write_text('{"q": "a"}\n')
    (repository / ".revisions").write_text("refs/convert/parquet")
    content = TEXT | {"dataset_path": "tiny/rows", "test_split": "test"}
    options = {"dataset_kwargs": {"revision": "refs/convert/parquet"}}
    task = bridge.open_task_of(json.dumps(content | options), False)
    with Hub(tmp_path, 0) as hub:
        (file,) = bridge.task_data_files(task, "test", hub.address, str(tmp_path / "cache"))
        assert Path(file).read_text() == '{"q": "a"}\n'
        task = bridge.open_task_of(json.dumps(content | {"dataset_kwargs": {"revision": "v9"}}), False)
        with pytest.raises(InvalidInputError, match="tiny/rows at revision v9"):
            bridge.task_data_files(task, "test", hub.address, str(tmp_path / "cache"))
