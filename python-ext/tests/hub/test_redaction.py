import pytest

from ballast.hub.redaction import redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot reach http://me:hf_secret@hub.example/api: refused", "cannot reach http://***@hub.example/api: refused"),
        ("https://hf_token@hub.example", "https://***@hub.example"),
        ("hf://org/name@main and a@b.c", "hf://org/name@main and a@b.c"),
        ("Bearer hf_a_planted_secret!", "Bearer ***!"),
        ("the password is correct-horse", "the password is ***"),
        ("a short one stays: abc", "a short one stays: abc"),
    ],
)
def test_secrets_of_addresses_and_of_the_environment_are_hidden(text, shown, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_a_planted_secret")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "correct-horse")
    monkeypatch.setenv("SOME_TOKEN", "abc")
    monkeypatch.setenv("PATH_LIKE", "hub.example")
    assert redacted(text) == shown
