"""A task's configuration as lm-eval's results show it."""

import inspect
from collections.abc import Mapping
from typing import Any

# `lm_eval.config.task.TaskConfig`: keys in its order, with the defaults that are not None.
KEYS = {
    "task": None, "task_alias": None, "custom_dataset": None, "dataset_path": None, "dataset_name": None,
    "dataset_kwargs": None, "training_split": None, "validation_split": None, "test_split": None, "fewshot_split": None,
    "process_docs": None, "doc_to_text": None, "doc_to_target": None, "doc_to_image": None, "doc_to_audio": None,
    "unsafe_code": False, "doc_to_choice": None, "process_results": None, "use_prompt": None, "description": "",
    "target_delimiter": " ", "fewshot_delimiter": "\n\n", "fewshot_config": None, "num_fewshot": None,
    "metric_list": None, "output_type": "generate_until", "generation_kwargs": None, "repeats": 1, "filter_list": None,
    "should_decontaminate": False, "doc_to_decontamination_query": None, "gen_prefix": None, "metadata": None,
}  # fmt: skip
# `FewshotConfig`: what it takes over from the task, and the rest.
FEWSHOT_KEYS = ("sampler", "split", "process_docs", "fewshot_indices", "samples", "doc_to_text", "doc_to_choice",
                "doc_to_target", "gen_prefix", "fewshot_delimiter", "target_delimiter")  # fmt: skip
GENERATE = "generate_until"
# `lm_eval.defaults.default_gen_kwargs`.
GREEDY = {"temperature": 0.0, "do_sample": False, "max_gen_toks": 256}


def generation_of(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """`generation_kwargs` with lm-eval's defaults; None for a task that generates nothing."""
    if content.get("output_type", GENERATE) != GENERATE:
        return content.get("generation_kwargs")
    delimiter = content.get("fewshot_delimiter", KEYS["fewshot_delimiter"])
    given = content.get("generation_kwargs")
    if given is None:
        return GREEDY | {"until": [delimiter]}
    temperature = {"temperature": float(given["temperature"])} if "temperature" in given else {}
    return {**given, **temperature} | ({} if "until" in given else {"until": [delimiter]})


def config_of(content: Mapping[str, Any], file: str | None) -> dict[str, Any]:
    """The configuration, functions as their source, keys without a value left out.

    Args:
        content: of the task file
        file: where it stands; None for a task given in place
    """
    config = {key: content.get(key, default) for key, default in KEYS.items()}
    config["generation_kwargs"] = generation_of(content)
    given = content.get("fewshot_config") or {}
    inherited = {key: config.get("fewshot_split" if key == "split" else key) for key in FEWSHOT_KEYS}
    own = {key: given[key] for key in FEWSHOT_KEYS if key in given}
    config["fewshot_config"] = {**inherited, "sampler": "default", **own}
    config["metadata"] = {**(content.get("metadata") or {}), "config_source": file or "inline"}
    return {key: _shown(value) for key, value in config.items() if value is not None}


def version_of(content: Mapping[str, Any]) -> float | str:
    """`metadata.version`; "Yaml" for a task that gives none, as lm-eval."""
    return (content.get("metadata") or {}).get("version", "Yaml")


def _shown(value: Any) -> Any:
    if callable(value):
        try:
            return inspect.getsource(value)
        except (TypeError, OSError):
            return str(value)
    if isinstance(value, Mapping):
        return {key: _shown(each) for key, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, list | tuple) else value
