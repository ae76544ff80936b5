"""What several tests stand on: tiny models, and slots filled as Java fills them."""

from pathlib import Path

import numpy
import pytest
import torch
from hypothesis import HealthCheck, settings
from tiny_models import CONFIGURATIONS, VOCABULARY_SIZE, write_model

# Models this small only wait for a second thread.
torch.set_num_threads(1)

# The usual suite tries the same examples each time; --hypothesis-profile=fuzz tries many others.
_USUAL = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}
settings.register_profile("usual", max_examples=30, derandomize=True, **_USUAL)
settings.register_profile("fuzz", max_examples=2_000, print_blob=True, **_USUAL)
settings.load_profile("usual")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """`model_folder(name)`: the folder of a tiny model; written once, so read only."""
    written: dict[str, Path] = {}
    root = tmp_path_factory.mktemp("models")

    def folder(name: str) -> Path:
        if name not in written:
            written[name] = write_model(root / name, name)
        return written[name]

    return folder


@pytest.fixture(params=list(CONFIGURATIONS))
def any_model(request, model_folder) -> Path:
    """The folder of a tiny model, for each architecture."""
    return model_folder(request.param)


@pytest.fixture(scope="session")
def slot_of():
    """`slot_of(rows, prompt)`: a slot of the given rows, each a list of documents, each a list of ids.

    A document's first `prompt` ids are not scored. Gives (slot, rows, length, packed, number of targets).
    """

    def slot(rows: list[list[list[int]]], prompt: int = 1) -> tuple[numpy.ndarray, int, int, bool, int]:
        length = max(sum(len(document) for document in row) for row in rows)
        planes = numpy.zeros((4, len(rows), length), dtype=numpy.int64)
        planes[1] = -100
        for r, row in enumerate(rows):
            begin = 0
            for number, document in enumerate(row, start=1):
                end = begin + len(document)
                planes[0, r, begin:end] = document
                planes[1, r, begin + prompt - 1 : end - 1] = document[prompt:]
                planes[2, r, begin:end] = range(len(document))
                planes[3, r, begin:end] = number
                begin = end
        packed = any(len(row) > 1 for row in rows)
        return planes.reshape(-1), len(rows), length, packed, int((planes[1] != -100).sum())

    return slot


@pytest.fixture(scope="session")
def scoring_slot_of():
    """`scoring_slot_of(items, prefix)`: a slot for scoring, each item a row: (context, continuations), lists of ids.

    The first `prefix` ids of each context are left out. Gives (slot, rows, length, number of targets, branched).
    """

    def slot(items: list[tuple[list[int], list[list[int]]]], prefix: int = 0) -> tuple:
        length = max(len(context) - prefix + sum(len(c) - 1 for c in choices) for context, choices in items)
        planes = numpy.zeros((3, len(items), length), dtype=numpy.int64)
        places, tokens = [], []
        for r, (context, choices) in enumerate(items):
            end = len(context) - prefix
            planes[:, r, :end] = [context[prefix:], range(prefix, len(context)), [1] * end]
            last = r * length + end - 1
            for number, choice in enumerate(choices, start=2):
                read = len(choice) - 1
                planes[:, r, end : end + read] = [
                    choice[:-1],
                    range(len(context), len(context) + read),
                    [number if len(choices) > 1 else 1] * read,
                ]
                places += [last, *range(r * length + end, r * length + end + read)]
                tokens += choice
                end += read
        branched = any(len(choices) > 1 for _, choices in items)
        return numpy.concatenate([planes.reshape(-1), places, tokens]), len(items), length, len(tokens), branched

    return slot


@pytest.fixture
def documents() -> list[list[int]]:
    """Random documents of several lengths, the same in each test."""
    generator = torch.Generator().manual_seed(3)
    return [
        torch.randint(3, VOCABULARY_SIZE, (length,), generator=generator).tolist() for length in (9, 14, 5, 11, 7, 16)
    ]
