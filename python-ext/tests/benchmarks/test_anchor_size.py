"""The size table of docs/anchors.md."""

import pytest
import torch

from ballast.storage import KINDS, storage_of
from benchmarks.anchor_size import MODELS, shapes_of, stored_bytes, table

SHARE = 0.1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(4096,), (1000, 400), (400, 1000)])
@pytest.mark.parametrize("share", [0.01, 0.1])
def test_sizes_are_those_of_tensors_really_stored(kind, shape, share):
    values = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    stored = sum(part.nbytes for part in storage_of(kind, share).encode(values).values())
    exact = kind != "sparse" or share == 0.1
    assert stored_bytes(shape, kind, share) == pytest.approx(stored, rel=1e-9 if exact else 0.01)


@pytest.mark.parametrize(
    ("model", "parameters", "query", "value"),
    [  # As the published checkpoints have it.
        ("GPT-J-6B", 6_050_882_784, (4096, 4096), (4096, 4096)),
        ("LLaMA-3-8B", 8_030_261_248, (4096, 4096), (1024, 4096)),
    ],
)
def test_shapes_are_the_models(model, parameters, query, value):
    shapes = shapes_of(MODELS[model]())
    assert sum(shape.numel() for shape in shapes.values()) == parameters
    of = {kind: {tuple(s) for name, s in shapes.items() if name.endswith(f"{kind}_proj.weight")} for kind in "qv"}
    assert of == {"q": {query}, "v": {value}}


def test_goals_are_met_on_both_models():
    rows = {(row["model"], row["covered"]): row["shares"] for row in table(SHARE)}
    for model in MODELS:
        query_and_value, everything = rows[model, "query and value"], rows[model, "all"]
        assert query_and_value["bfloat16"] <= 0.10 and query_and_value["int8"] <= 0.05
        assert everything["float32"] == 1 and everything["sparse"] < 0.10 and everything["factored"] < 0.10
