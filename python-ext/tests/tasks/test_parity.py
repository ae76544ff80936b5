"""The questions of lm-eval's own task files are lm-eval's, to the character."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ballast.tasks import Shots, Task, read_task_file
from ballast.tasks.documents import documents_of

FILES = Path(importlib.util.find_spec("lm_eval").origin).parent / "tasks"
SCRIPT = Path(__file__).with_name("lm_eval_questions.py")
WORDS = "amber basalt copper drift ember fjord granite harbour island juniper".split()


def word(i: int) -> str:
    return WORDS[i % len(WORDS)]


def letters(i: int) -> dict:
    return {"text": [f"{word(i)} {k}" for k in range(4)], "label": ["A", "B", "C", "D"]}


ROWS = {
    "sciq": lambda i: {
        "support": f" \n {word(i)} melts. ", "question": f"What melts at {i}?", "correct_answer": word(i),
        "distractor1": "a", "distractor2": "b ", "distractor3": " c",
    },
    "piqa": lambda i: {"goal": f"Hold {word(i)}", "sol1": "by hand", "sol2": "with ünglue 𝄞", "label": i % 2},
    "hellaswag": lambda i: {
        "activity_label": "Baking", "ctx_a": f"[header] A {word(i)} [title] stands.", "ctx_b": "ÉVERY  one",
        "endings": [f"sits [step] {i}", "runs", "  swims", "flies"], "label": str(i % 4),
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
    "lambada_openai": lambda i: {"text": f"They went to the {word(i)} and saw number {i}"},
    "wikitext": lambda i: {"page": f"= {word(i)} = \n Height is 1 @,@ {i}00 m . It 's ( very ) \" old \" ."},
    "gsm8k": lambda i: {"question": f"{i} apples and {i}?", "answer": f"{i} + {i} = {2 * i}\n#### {2 * i}"},
    "truthfulqa_mc1": lambda i: {
        "question": f"Is {word(i)} alive?", "mc1_targets": {"choices": ["No", "Yes", f"{i}"], "labels": [1, 0, 0]}
    },
    "mmlu_anatomy": lambda i: {
        "question": f" Where is {word(i)}? ", "choices": ["head", "hand", "foot", word(i)], "answer": i % 4
    },
    "bbh_fewshot_snarks": lambda i: {"input": f"Which is sarcastic? (A) {word(i)} (B) rock", "target": "(A)"},
}  # fmt: skip
# Name of the file, shots, and whether these come from rows of their own.
JOBS = {
    "sciq": ("sciq/sciq.yaml", 0, False),
    "sciq, 3 of the same": ("sciq/sciq.yaml", 3, False),
    "piqa, 2": ("piqa/piqa.yaml", 2, True),
    "hellaswag, 1": ("hellaswag/hellaswag.yaml", 1, True),
    "arc_easy": ("arc/arc_easy.yaml", 0, False),
    "openbookqa, 2": ("openbookqa/openbookqa.yaml", 2, True),
    "boolq, 5": ("super_glue/boolq/default.yaml", 5, True),
    "winogrande, 2": ("winogrande/default.yaml", 2, True),
    "medmcqa": ("medmcqa/medmcqa.yaml", 0, False),
    "lambada_openai": ("lambada/lambada_openai.yaml", 0, False),
    "wikitext": ("wikitext/wikitext.yaml", 0, False),
    "gsm8k, 5": ("gsm8k/gsm8k.yaml", 5, True),
    "truthfulqa_mc1": ("truthfulqa/truthfulqa_mc1.yaml", 0, False),
    "mmlu_anatomy, 3": ("mmlu/default/mmlu_anatomy.yaml", 3, True),
    "bbh_fewshot_snarks, 2": ("bbh/fewshot/snarks.yaml", 2, False),
}


def rows(job: str, start: int, count: int) -> list[dict]:
    make = ROWS[job.split(",")[0]]
    return [make(i) for i in range(start, start + count)]


def pool(job: str, own: bool) -> list[dict] | None:
    return rows(job, 20, 9) if own else None


@pytest.fixture(scope="module")
def lm_eval() -> dict:
    """What lm-eval asks, for every job at once: its imports take longer than the questions."""
    jobs = {
        name: {"file": str(FILES / file), "rows": rows(name, 0, 12), "shots": shots, "pool": pool(name, own)}
        for name, (file, shots, own) in JOBS.items()
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", JOBS)
def test_questions_are_lm_evals_to_the_character(name, lm_eval):
    file, count, own = JOBS[name]
    content = read_task_file(FILES / file, trust_code=True)
    task = Task.of(content)
    documents = documents_of(task.task, rows(name, 0, 12), task.process_docs)
    config = content.get("fewshot_config", {})
    examples = config.get("samples") or (
        documents_of(task.task, pool(name, own), task.process_docs) if own else documents
    )
    shots = Shots(examples, count, config.get("sampler", "default"))
    asked = list(task.questions(documents, shots, from_same=not own and "samples" not in config))
    assert len(asked) == len(lm_eval[name]) == 12
    for question, (arguments, target) in zip(asked, lm_eval[name], strict=True):
        assert [list(each) for each in question.arguments] == arguments
        assert str(question.target) == target
        assert len(question.gold) == (task.output_type == "multiple_choice")
