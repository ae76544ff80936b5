"""Conversations as text: the model's own chat template, rendered by Jinja2 in the sandbox of transformers."""

import json
from functools import lru_cache
from pathlib import Path

from jinja2 import TemplateError

from ballast.errors import InvalidInputError


def render(folder: str, conversations: list[str], add_generation_prompt: bool) -> list[str]:
    """One text for each conversation, a JSON list of messages such as {"role": "user", "content": "…"}."""
    tokenizer = _tokenizer(folder)
    texts = []
    for number, conversation in enumerate(conversations, start=1):
        messages = _messages(conversation, number)
        try:
            texts.append(
                tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt)
            )
        except (TemplateError, TypeError) as error:
            raise InvalidInputError(
                f"messages: conversation {number} does not fit the chat template of {folder}: {error}; "
                f"found {conversation[:200]}"
            ) from error
    return texts


@lru_cache(maxsize=2)
def _tokenizer(folder: str):
    from transformers import AutoTokenizer

    if not Path(folder).is_dir():
        raise InvalidInputError(f"model.path: {folder} is not a folder")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (ValueError, OSError) as error:
        raise InvalidInputError(f"messages: the tokenizer in {folder} cannot be opened: {error}") from error
    if tokenizer.chat_template is None:
        raise InvalidInputError(
            f"messages: the model in {folder} has no chat template (no chat_template.jinja, and none in its "
            "tokenizer_config.json); give prompt and completion instead, or take a model that was trained for chat"
        )
    return tokenizer


def _messages(conversation: str, number: int) -> list[dict]:
    try:
        messages = json.loads(conversation)
    except ValueError as error:
        raise InvalidInputError(
            f"messages: conversation {number} is not JSON: {error}; found {conversation[:200]}"
        ) from error
    if (
        not isinstance(messages, list)
        or not messages
        or not all(isinstance(message, dict) and "role" in message for message in messages)
    ):
        raise InvalidInputError(
            f'messages: conversation {number}: expected a list of {{"role", "content"}}, found {conversation[:200]}'
        )
    return messages
