"""Evaluation tasks as lm-eval's own YAML files say them: from rows to what a model is asked.

The format and its meaning are those of EleutherAI's lm-evaluation-harness 0.4.13 (`lm_eval.api.task.ConfigurableTask`).
"""

from ballast.tasks.fewshot import Shots
from ballast.tasks.task import Question, Task
from ballast.tasks.task_file import read_task_file

__all__ = ["Question", "Shots", "Task", "read_task_file"]
