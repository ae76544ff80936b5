"""Evaluation tasks as lm-eval's own YAML files say them: from rows to what a model is asked, and what answers come to.

The format and its meaning are those of EleutherAI's lm-evaluation-harness 0.4.13 (`lm_eval.api.task.ConfigurableTask`).
A task's way: `Directory` and `find_tasks` find it, `read_task_file` reads it, `TaskSession` takes its rows, asks and
scores. The files that Ballast ships lie in `files/`.
"""

from ballast.tasks.directory import Directory
from ballast.tasks.fewshot import Shots
from ballast.tasks.hashes import as_json
from ballast.tasks.own import multiple_choice
from ballast.tasks.selection import find_tasks
from ballast.tasks.session import TaskSession
from ballast.tasks.task import Question, Task
from ballast.tasks.task_file import read_task_file

__all__ = [
    "Directory",
    "Question",
    "Shots",
    "Task",
    "TaskSession",
    "as_json",
    "find_tasks",
    "multiple_choice",
    "read_task_file",
]
