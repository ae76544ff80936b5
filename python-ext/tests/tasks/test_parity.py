"""The questions of lm-eval's own task files, and of Ballast's, are lm-eval's, to the character and the hash."""

import importlib.util
from pathlib import Path

import pytest

from ballast.tasks import TaskSession, read_task_file
from ballast.tasks.directory import SHIPPED

FILES = Path(importlib.util.find_spec("lm_eval").origin).parent / "tasks"
WORDS = "amber basalt copper drift ember fjord granite harbour island juniper".split()
HASHES = ("docHash", "promptHash", "targetHash")


def word(i: int) -> str:
    return WORDS[i % len(WORDS)]


def letters(i: int) -> dict:
    return {"text": [f"{word(i)} {k}" for k in range(4)], "label": ["A", "B", "C", "D"]}


ROWS = {
    "sciq": lambda i: {
        "support": f" \u2003\x1c\n {word(i)} melts. ", "question": f"What melts at {i}?", "correct_answer": word(i),
        "distractor1": "a", "distractor2": "b ", "distractor3": " c", "mass": [1e-7, 1e22, 2.0, 1e16][i % 4],
    },
    "piqa": lambda i: {"goal": f"Hold {word(i)}", "sol1": "by hand", "sol2": "with ünglue 𝄞", "label": i % 2},
    "hellaswag": lambda i: {
        "activity_label": "Baking", "ctx_a": f"[header] A {word(i)} [title] stands.",
        "ctx_b": ["ÉVERY  one", "ǆUNGLA Ab", "ßA", "\u00a0ab", ""][i % 5],
        "endings": [f"sits [step] {i}", "runs [a\nb] off", "  swims", "flies\u2003"], "label": str(i % 4),
    },
    "arc_easy": lambda i: {"question": f"Which {word(i)}?", "choices": letters(i), "answerKey": "ABCD"[i % 4]},
    "openbookqa": lambda i: {
        "question_stem": f"The {word(i)} is", "choices": letters(i), "answerKey": " " + "ABCD"[i % 4]
    },
    "boolq": lambda i: {"passage": f"The {word(i)}.", "question": f"is {i} it", "label": i % 2},
    "winogrande": lambda i: {
        "sentence": f"The {word(i)} beat the rock because _ was hard {i}.", "option1": word(i), "option2": "rock",
        "answer": "12"[i % 2],
    },
    "medmcqa": lambda i: {"question": f"Dose {i}?", "opa": "1", "opb": "2", "opc": "3", "opd": "4", "cop": i % 4},
    "lambada_openai": lambda i: {"text": f"They went  to the {word(i)} and\u00a0saw number {i}"},
    "wikitext": lambda i: {"page": [
        f"= {word(i)} = \n Height is 1 @,@ {i}00 m . It 's ( very ) \" old \" .",
        " = = Ships ' = = \n The ships ' crews /' 9/ and /' 12/ , [ a ] { b } : ; ! ? 20 ° C N 3 @-@ 4 @.@ 5 ' x ' \n",
        "= = = = \n\n \u2003 ( ) \" \" [ ] ' ' N  N\u00a0N 's 's ß \x1c ÷",
    ][i % 3]},
    "gsm8k": lambda i: {"question": f"{i} apples and {i}?", "answer": f"{i} + {i} = {2 * i}\n#### {2 * i}"},
    "truthfulqa_mc1": lambda i: {
        "question": f"Is {word(i)} alive?", "mc1_targets": {"choices": ["No", "Yes", f"{i}"], "labels": [1, 0, 0]}
    },
    "mmlu_anatomy": lambda i: {
        "question": f" Where is {word(i)}? ", "choices": ["head", "hand", "foot", word(i)], "answer": i % 4
    },
    "bbh_fewshot_snarks": lambda i: {"input": f"Which is sarcastic? (A) {word(i)} (B) rock", "target": "(A)"},
}  # fmt: skip
ROWS["sums"] = ROWS["gsm8k"]
# Name of lm-eval's file, shots, and whether these come from rows of their own; then Ballast's file where it has one.
JOBS = {
    "sciq": ("sciq/sciq.yaml", 0, True, "sciq"),
    "sciq, 3": ("sciq/sciq.yaml", 3, True, "sciq"),
    "sciq, 3 of the same": ("sciq/sciq.yaml", 3, False, "sciq"),
    "piqa, 2": ("piqa/piqa.yaml", 2, True, "piqa"),
    "hellaswag, 1": ("hellaswag/hellaswag.yaml", 1, True, "hellaswag"),
    "arc_easy, 2": ("arc/arc_easy.yaml", 2, True, "arc_easy"),
    "openbookqa, 2": ("openbookqa/openbookqa.yaml", 2, True, None),
    "boolq, 5": ("super_glue/boolq/default.yaml", 5, True, None),
    "winogrande, 2": ("winogrande/default.yaml", 2, True, None),
    "medmcqa, 3": ("medmcqa/medmcqa.yaml", 3, True, "medmcqa"),
    "lambada_openai": ("lambada/lambada_openai.yaml", 0, False, "lambada_openai"),
    "lambada_openai, 2 of the same": ("lambada/lambada_openai.yaml", 2, False, "lambada_openai"),
    "wikitext": ("wikitext/wikitext.yaml", 0, True, "wikitext"),
    "gsm8k, 5": ("gsm8k/gsm8k.yaml", 5, True, "sums"),
    "truthfulqa_mc1": ("truthfulqa/truthfulqa_mc1.yaml", 0, False, None),
    "mmlu_anatomy, 3": ("mmlu/default/mmlu_anatomy.yaml", 3, True, None),
    "bbh_fewshot_snarks, 2": ("bbh/fewshot/snarks.yaml", 2, False, None),
}
SHIPPED_JOBS = [name for name, job in JOBS.items() if job[3]]


class Job:
    def __init__(self, name: str) -> None:
        file, self.shots, self.has_pool, shipped = JOBS[name]
        make = ROWS[name.split(",")[0]]
        self.file = FILES / file
        self.shipped = shipped and SHIPPED / f"{shipped}.yaml"
        self.rows = [make(i) for i in range(12)]
        self.pool = [make(i) for i in range(20, 29)] if self.has_pool else None

    def session(self, file: Path) -> TaskSession:
        session = TaskSession(read_task_file(file, trust_code=True), file, file.parent)
        session.add_rows("test", self.rows)
        session.add_rows("fewshot", self.pool or [])
        session.prepare(self.shots, None, 1234)
        return session

    def of_lm_eval(self, lm_eval) -> dict:
        content = read_task_file(self.file, trust_code=True)
        test = content.get("test_split") or content.get("validation_split")
        config = content.get("fewshot_config") or {}
        changes = {}
        if self.pool is None and self.shots and "samples" not in config:
            changes["fewshot_split"] = test  # Else lm-eval draws from it too, and may draw the question itself.
        pool = content.get("fewshot_split") or content.get("training_split") or content.get("validation_split") or test
        splits = {test: self.rows} | ({pool: self.pool} if self.pool else {})
        for key in ("training_split", "validation_split", "fewshot_split"):
            if content.get(key) not in splits and key not in changes:
                changes[key] = None
        return lm_eval.ask("questions", file=str(self.file), splits=splits, changes=changes, shots=self.shots)


@pytest.fixture(scope="module")
def answers(lm_eval):
    """lm-eval's questions of a job; asked once."""
    known: dict[str, dict] = {}

    def of(name: str) -> dict:
        if name not in known:
            known[name] = Job(name).of_lm_eval(lm_eval)
        return known[name]

    return of


def assert_equal(mine: list[dict], theirs: list[dict]) -> None:
    assert len(mine) == len(theirs) == 12
    for question, other in zip(mine, theirs, strict=True):
        assert [list(each) for each in question["arguments"]] == other["arguments"]
        for key in ("target", "gold", *HASHES):
            assert question[key] == other[key], key


@pytest.mark.parametrize("name", JOBS)
def test_questions_of_lm_evals_files_are_lm_evals(name, answers):
    job = Job(name)
    assert_equal(job.session(job.file).questions(0, 100), answers(name)["asked"])


@pytest.mark.parametrize("name", SHIPPED_JOBS)
def test_ballasts_files_ask_what_lm_evals_files_ask(name, answers):
    job = Job(name)
    session = job.session(job.shipped)
    assert_equal(session.questions(0, 100), answers(name)["asked"])
    if job.shipped.stem != "sums":  # Rows of its own, so a version of its own.
        assert session.describe()["version"] == answers(name)["version"]


@pytest.mark.parametrize("name", ["gsm8k, 5", "hellaswag, 1", "sciq", "wikitext"])
def test_the_configuration_has_the_keys_of_lm_evals_results(name, answers):
    job = Job(name)
    mine, theirs = job.session(job.file).describe()["config"], answers(name)["config"]
    data = {"dataset_path", "dataset_name", "dataset_kwargs", "training_split", "validation_split", "fewshot_split",
            "num_fewshot", "metadata", "fewshot_config"}  # fmt: skip
    assert [key for key in mine if key not in data] == [key for key in theirs if key not in data]
    for key in set(mine) - data:
        assert mine[key] == theirs[key], key
    assert set(mine["fewshot_config"]) == set(theirs["fewshot_config"])
    assert mine["metadata"]["config_source"] == str(job.file) and mine["num_fewshot"] == job.shots
