"""Conversations as text: the model's own chat template, rendered by Jinja2 in the sandbox of transformers."""

import json

from jinja2 import TemplateError

from ballast.errors import InvalidInputError
from ballast.models.tokenizer import open_tokenizer


def render(folder: str, conversations: list[str], add_generation_prompt: bool) -> list[str]:
    """One text for each conversation, a JSON list of messages such as {"role": "user", "content": "…"}."""
    tokenizer = _chat_tokenizer(folder)
    texts = []
    for number, conversation in enumerate(conversations, start=1):
        messages = _messages(conversation, number)
        try:
            texts.append(
                tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt)
            )
        except Exception as error:  # A template may raise anything.
            kind = "" if isinstance(error, TemplateError) else f"{type(error).__name__}: "
            raise InvalidInputError(
                f"messages: conversation {number} does not fit the chat template of {folder}: {kind}{error}; "
                f"found {conversation[:200]}"
            ) from error
    return texts


def _chat_tokenizer(folder: str):
    tokenizer = open_tokenizer(folder)
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
