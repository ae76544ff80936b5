import os
import shutil
import subprocess
import sys
import traceback
import urllib.request
from pathlib import Path

import pytest
from hub_server import Hub

from ballast.errors import BallastError, EnvironmentMissingError, InvalidInputError
from ballast.hub import repositories


@pytest.fixture
def root(model_folder, tmp_path):
    """A hub's folders: a model with a pickle beside its weights, and a dataset."""
    model = tmp_path / "hub" / "models" / "tiny" / "llama"
    shutil.copytree(model_folder("llama-tied"), model)
    (model / "pytorch_model.bin").write_bytes(b"a pickle")
    (model / ".revisions").write_text("v1.0")
    data = tmp_path / "hub" / "datasets" / "tiny" / "rows" / "data"
    data.mkdir(parents=True)
    (data / "train.jsonl").write_text('{"text": "hello"}\n')
    return tmp_path / "hub"


@pytest.fixture
def server(root):
    with Hub(root, 0) as running:
        yield running


@pytest.fixture
def cache(tmp_path):
    return str(tmp_path / "cache")


@pytest.fixture(autouse=True)
def without_token(monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)


def test_a_model_is_fetched_without_its_pickles_and_opens(server, cache, root):
    from ballast import models

    folder = repositories.download_model("tiny/llama", None, server.address, cache)
    assert (folder / "model.safetensors").read_bytes() == (root / "models/tiny/llama/model.safetensors").read_bytes()
    assert not (folder / "pytorch_model.bin").exists()
    assert not [request for request in server.requests if request.endswith(".bin")]
    assert models.open_model(str(folder), "float32", "cpu", False, 0).info()["architecture"] == "LlamaForCausalLM"


def test_a_revision_is_fetched_by_name_and_an_unknown_one_refused(server, cache):
    named = repositories.download_model("tiny/llama", "v1.0", server.address, cache)
    assert named == repositories.download_model("tiny/llama", named.name, server.address, cache), "or by its commit"
    with pytest.raises(
        InvalidInputError, match="model tiny/llama at revision v9: .* not that revision; check what stands after @"
    ):
        repositories.download_model("tiny/llama", "v9", server.address, cache)


def test_a_revision_may_have_slashes(server, cache, root):
    (root / "datasets/tiny/rows/.revisions").write_text("refs/convert/parquet")
    repositories.download_dataset_file("tiny/rows", "data/train.jsonl", "refs/convert/parquet", server.address, cache)
    with pytest.raises(InvalidInputError, match="not that revision"):
        repositories.download_dataset_file("tiny/rows", "data/train.jsonl", "refs/pr/1", server.address, cache)


def test_a_second_fetch_downloads_nothing(server, cache):
    repositories.download_model("tiny/llama", None, server.address, cache)
    server.requests.clear()
    repositories.download_model("tiny/llama", None, server.address, cache)
    assert not [request for request in server.requests if "/resolve/" in request]


def test_a_dataset_file_is_fetched(server, cache):
    file = repositories.download_dataset_file("tiny/rows", "data/train.jsonl", None, server.address, cache)
    assert file.read_text() == '{"text": "hello"}\n'
    with pytest.raises(
        InvalidInputError, match="dataset tiny/rows: .* has no file data/test.jsonl there; check the path"
    ):
        repositories.download_dataset_file("tiny/rows", "data/test.jsonl", None, server.address, cache)


def test_a_repository_that_does_not_exist_is_refused(server, cache, monkeypatch):
    with pytest.raises(
        InvalidInputError, match="model tiny/none: .* answers 401: it does not exist, is private.*HF_TOKEN is not set"
    ):
        repositories.download_model("tiny/none", None, server.address, cache)
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    with pytest.raises(InvalidInputError, match="model tiny/none: .* answers 404: no such repository"):
        repositories.download_model("tiny/none", None, server.address, cache)


def test_the_token_opens_what_is_gated(server, cache, root, monkeypatch):
    (root / "models/tiny/llama/.gated").write_text("hf_right")
    with pytest.raises(InvalidInputError, match="answers 401.*HF_TOKEN is not set"):
        repositories.download_model("tiny/llama", None, server.address, cache)
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(InvalidInputError, match="answers 401.*HF_TOKEN is set, but is not accepted"):
        repositories.download_model("tiny/llama", None, server.address, cache)
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    assert (repositories.download_model("tiny/llama", None, server.address, cache) / "config.json").exists()


def test_what_is_in_the_cache_serves_when_the_hub_cannot_be_reached(root, cache):
    with Hub(root, 0) as running:
        address = running.address
        folder = repositories.download_model("tiny/llama", None, address, cache)
        file = repositories.download_dataset_file("tiny/rows", "data/train.jsonl", None, address, cache)
    assert repositories.download_model("tiny/llama", None, address, cache) == folder
    assert repositories.download_dataset_file("tiny/rows", "data/train.jsonl", None, address, cache) == file


def test_what_is_not_in_the_cache_needs_a_network(root, cache):
    with Hub(root, 0) as running:
        address = running.address
    with pytest.raises(
        EnvironmentMissingError, match="model tiny/llama is not .* in the local cache, and http.* gives no answer"
    ):
        repositories.download_model("tiny/llama", None, address, cache)


def test_a_hub_that_is_down_is_not_the_users_error(server, cache):
    server.broken = 418  # A status that is not tried again: 503 would be, for seconds.
    with pytest.raises(EnvironmentMissingError, match="gives no answer .*418"):
        repositories.download_model("tiny/llama", None, server.address, cache)


def test_the_cache_is_asked_without_a_network(root, cache):
    assert repositories.cached_dataset_file("tiny/rows", "data/train.jsonl", None, cache) is None
    with Hub(root, 0) as running:
        folder = repositories.download_model("tiny/llama", "v1.0", running.address, cache)
        file = repositories.download_dataset_file("tiny/rows", "data/train.jsonl", None, running.address, cache)
    assert repositories.cached_model("tiny/llama", "v1.0", cache) == folder
    assert repositories.cached_model("tiny/llama", "v2.0", cache) is None
    assert repositories.cached_dataset_file("tiny/rows", "data/train.jsonl", None, cache) == file
    assert repositories.cached_dataset_file("tiny/rows", "data/train.jsonl", "v2.0", cache) is None
    (folder / "model.safetensors").unlink()
    assert repositories.cached_model("tiny/llama", "v1.0", cache) is None, "a model without its weights"
    with pytest.raises(InvalidInputError, match="expected hf://organisation/name"):
        repositories.cached_model("tiny/llama/extra", None, cache)


@pytest.mark.parametrize("token", ["hf_right_token", "hf_wrong_token"])
def test_tokens_and_passwords_are_in_no_message(server, cache, root, monkeypatch, capfd, caplog, token):
    """Neither the token nor what stands in the hub's address, whether it is accepted, refused, or nobody answers."""
    (root / "models/tiny/llama/.gated").write_text("hf_right_token")
    monkeypatch.setenv("HF_TOKEN", token)
    password = "correct" + "-horse"  # Whole in no line of this file, which a traceback quotes.
    signed_in = server.address.replace("://", f"://me:{password}@")
    said = []
    for what in (
        lambda: repositories.download_model("tiny/llama", None, server.address, cache),
        lambda: repositories.download_model("tiny/llama", None, signed_in, cache),
        lambda: repositories.download_model("tiny/none", None, signed_in, cache),
        lambda: repositories.download_dataset_file("tiny/rows", "none.jsonl", None, signed_in, cache),
        lambda: repositories.download_model("tiny/llama", "v9", f"http://me:{password}@127.0.0.1:9", cache),
    ):
        try:
            what()
        except BallastError as error:
            said += traceback.format_exception(error)
    assert len(said) > 3
    for text in (*said, *capfd.readouterr(), caplog.text):
        assert token not in text and password not in text


@pytest.mark.parametrize(
    "name", ["../../../../escaped.json", "a/../../../../escaped.json", "{root}/escaped.json", "..\\\\escaped.json"]
)
def test_a_file_name_that_leaves_its_folder_is_refused(server, cache, root, name):
    """What a hub lists is a stranger's: nothing is written outside of the cache."""
    name = name.format(root=root)
    for folder in (root / "models/tiny/llama", root / "datasets/tiny/rows"):
        (folder / ".claimed").write_text(name)
    before = {path for path in root.parent.rglob("*") if Path(cache) not in path.parents}

    def fetch_dataset() -> None:
        listed, _ = repositories.list_dataset_files("tiny/rows", None, server.address, cache)
        for file in listed:
            repositories.download_dataset_file("tiny/rows", file, None, server.address, cache)

    for what, fetch in (("model tiny/llama", lambda: repositories.download_model("tiny/llama", None, server.address, cache)),
                        ("dataset tiny/rows", fetch_dataset)):  # fmt: skip
        with pytest.raises(InvalidInputError, match=f"hub: {what}: expected names of files in its folder, found "):
            fetch()
    after = {path for path in root.parent.rglob("*") if Path(cache) not in path.parents}
    assert after - before <= {Path(cache)}
    assert not [path for path in Path(cache).rglob("*") if path.is_file() and path.read_bytes() == b"claimed"]


@pytest.mark.parametrize("name", ["tiny/llama/extra", "-tiny", "ti ny/llama"])
def test_a_name_that_no_hub_accepts_is_refused(server, cache, name):
    with pytest.raises(InvalidInputError, match="expected hf://organisation/name"):
        repositories.download_model(name, None, server.address, cache)


def test_environment_variables_are_honoured_by_a_fresh_process(root, cache):
    """HF_ENDPOINT and HF_HUB_OFFLINE are read when huggingface_hub is imported: hence child processes."""

    program = """
from ballast import errors, hub
print(hub.download_model("tiny/llama", None, None, None))
try:
    hub.download_model("tiny/none", None, None, None)
except errors.BallastError as error:
    print(type(error).__name__, error)
"""

    def run(**environment):
        environment = {**os.environ, "HF_HUB_CACHE": cache, **environment}
        output = subprocess.check_output(
            [sys.executable, "-c", program], env=environment, cwd=Path(__file__).parents[2], text=True
        )
        return output.splitlines()

    with Hub(root, 0) as running:
        folder, unknown = run(HF_ENDPOINT=running.address)
        assert folder.startswith(cache) and f"{running.address} answers 401" in unknown
        asked = len(running.requests)
        offline_folder, not_cached = run(HF_ENDPOINT=running.address, HF_HUB_OFFLINE="1")
        assert len(running.requests) == asked, "nobody was asked"
    assert offline_folder == folder
    assert not_cached.startswith("EnvironmentMissingError") and "HF_HUB_OFFLINE is set" in not_cached


def test_the_server_runs_as_a_program(root):
    """Java's tests use it so."""
    script = Path(__file__).parents[1] / "hub_server.py"
    with subprocess.Popen(
        [sys.executable, str(script), "--root", str(root), "--port", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        address = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{address}/datasets/tiny/rows/resolve/main/data/train.jsonl") as answer:
            assert answer.headers["X-Repo-Commit"] and answer.read() == b'{"text": "hello"}\n'
        process.stdin.close()
        assert process.wait(10) == 0


def test_errors_of_ours_pass_unchanged():
    with pytest.raises(BallastError, match="as it was"), repositories._explained("model", "a/b", None, None):
        raise InvalidInputError("as it was")
