import shutil
import threading
import time

import pytest
from hub_server import Hub
from huggingface_hub import constants

from ballast import hub
from ballast.errors import EnvironmentMissingError


@pytest.fixture
def model(model_folder, tmp_path):
    """The folder of the one model that the hub has."""
    model = tmp_path / "hub" / "models" / "tiny" / "llama"
    shutil.copytree(model_folder("llama-tied"), model)
    return model


@pytest.fixture
def server(model, tmp_path):
    with Hub(tmp_path / "hub", 0) as running:
        yield running


@pytest.fixture
def fetch(server, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return lambda progress=None: hub.download_model(
        "tiny/llama", None, server.address, str(tmp_path / "cache"), progress
    )


@pytest.fixture
def cached(tmp_path):
    return lambda: hub.cached_model("tiny/llama", None, str(tmp_path / "cache"))


def test_progress_counts_the_bytes_up_to_all_on_the_callers_thread(fetch):
    heard = []
    folder = fetch(lambda *count: heard.append((threading.get_ident(), *count)))
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert heard[-1] == (threading.get_ident(), size, size)
    assert {thread for thread, *_ in heard} == {threading.get_ident()}


def test_a_second_fetch_has_no_bytes_to_count_and_nothing_to_check(fetch, server):
    heard = []
    fetch()
    server.requests.clear()
    fetch(lambda *count: heard.append(count))
    assert heard[-1] == (0, 0)
    assert not [request for request in server.requests if "/tree/" in request]


def test_a_connection_that_breaks_is_taken_up_where_it_broke(fetch, server, model, monkeypatch):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1)  # Of 10 MiB otherwise; a part of one is lost.
    content = (model / "model.safetensors").read_bytes()
    (model / ".cut").write_text(str(len(content) // 2))
    assert (fetch() / "model.safetensors").read_bytes() == content
    assert len(content) // 2 in server.resumed


def test_a_connection_that_keeps_breaking_is_no_model_and_the_next_time_fetches_the_rest(fetch, cached, model):
    (model / ".cut").write_text("0")
    with pytest.raises(EnvironmentMissingError, match="model tiny/llama: cannot reach http.*check the network"):
        fetch()
    assert cached() is None
    (model / ".cut").unlink()
    assert fetch() == cached()


def test_a_file_that_arrives_damaged_is_refused_and_does_not_stay_in_the_cache(fetch, cached, model):
    (model / ".damaged").write_text("model.safetensors")
    with pytest.raises(
        EnvironmentMissingError,
        match="model tiny/llama: model.safetensors from http.* arrived damaged: expected git-sha1 .* try again",
    ):
        fetch()
    assert cached() is None
    (model / ".damaged").unlink()
    assert fetch() == cached()
