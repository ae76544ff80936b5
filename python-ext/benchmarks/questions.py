"""How a benchmark's other side talks to `ballast bench`: each line of JSON on standard input is answered by one."""

import contextlib
import json
import sys
from collections.abc import Callable
from typing import Any


def answer_each(load: Callable[[], Callable[[dict[str, Any]], dict[str, Any]]]) -> None:
    """Answers until standard input ends; an empty question, which waits until everything is loaded, by itself.

    Standard output is the answers' alone: what else is printed goes to standard error.

    Args:
        load: gives the function that answers
    """
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        answer = load()
        for line in sys.stdin:
            question = json.loads(line)
            print(json.dumps(answer(question) if question else {}), file=answers, flush=True)
