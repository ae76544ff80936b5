import json
import shutil

import pytest
from template_escapes import FILLING_THE_MEMORY, REACHING_OUT
from tiny_models import CHAT_TEMPLATE

from ballast.errors import InvalidInputError
from ballast.models import chat

CONVERSATION = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Tā {{ 7 * 7 }} <b>?"},
    {"role": "assistant", "content": "No."},
]


@pytest.fixture
def folder_with(model_folder, tmp_path):
    """`folder_with(template)`: a model whose template is that text, None for no template."""

    def folder(template: str | None) -> str:
        copied = shutil.copytree(model_folder("llama-tied"), tmp_path / "chat")
        (copied / "chat_template.jinja").unlink()
        if template is not None:
            (copied / "chat_template.jinja").write_text(template)
        return str(copied)

    return folder


def test_the_models_template_is_rendered(folder_with):
    folder = folder_with(CHAT_TEMPLATE)
    text = "<|system|>\nBe brief.</s>\n<|user|>\nTā {{ 7 * 7 }} <b>?</s>\n<|assistant|>\nNo.</s>\n"
    conversations = [json.dumps(CONVERSATION), json.dumps(CONVERSATION[1:2])]
    assert chat.render(folder, conversations, False) == [text, "<|user|>\nTā {{ 7 * 7 }} <b>?</s>\n"]
    assert chat.render(folder, conversations[:1], True) == [text + "<|assistant|>\n"]


def test_a_template_inside_the_tokenizers_configuration_serves_too(folder_with, model_folder):
    folder = folder_with(None)
    file = f"{folder}/tokenizer_config.json"
    with open(file) as stream:
        configuration = json.load(stream)
    with open(file, "w") as stream:
        json.dump(configuration | {"chat_template": "{{ messages[0]['content'] }}{{ bos_token }}"}, stream)
    assert chat.render(folder, ['[{"role": "user", "content": "hi"}]'], False) == ["hi<s>"]


def test_a_model_without_a_template_is_refused(folder_with):
    with pytest.raises(InvalidInputError, match="has no chat template .*give prompt and completion instead"):
        chat.render(folder_with(None), ["[]"], False)


def test_a_role_that_the_template_refuses_is_the_users_error(folder_with):
    conversations = [json.dumps(CONVERSATION), '[{"role": "judge", "content": "x"}]']
    with pytest.raises(InvalidInputError, match="conversation 2 does not fit .*unknown role judge"):
        chat.render(folder_with(CHAT_TEMPLATE), conversations, False)


@pytest.mark.parametrize("broken", ["[", "{}", "[]", '["hello"]', '[{"content": "x"}]'])
def test_what_is_no_conversation_is_refused(folder_with, broken):
    with pytest.raises(InvalidInputError, match="conversation 1"):
        chat.render(folder_with(CHAT_TEMPLATE), [broken], False)


@pytest.mark.parametrize(
    "template",
    ["{{ messages.append(1) }}", "{{ messages[0].update(role='system') }}", "{% for %}", "{{ messages[0]['content'] + 1 }}",
     *REACHING_OUT, *FILLING_THE_MEMORY],
)  # fmt: skip
def test_a_template_that_reaches_out_or_is_broken_is_refused(folder_with, template):
    """The sandbox: a template comes from a stranger."""
    with pytest.raises(InvalidInputError, match="does not fit the chat template"):
        chat.render(folder_with(template), ['[{"role": "user", "content": "x"}]'], False)
