import json
import struct

import pytest
import torch
from safetensors.torch import save_file

from ballast.importance.storage import KINDS, StoredImportance, storage_of
from benchmarks import workload
from benchmarks.storage import MODELS, rows, shapes_of, stored_bytes

SHARE = 0.1


def omega(shape) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(4096,), (1000, 400), (400, 1000)])
@pytest.mark.parametrize("share", [0.01, 0.1])
def test_sizes_are_those_of_tensors_really_stored(kind, shape, share):
    stored = sum(part.nbytes for part in storage_of(kind, share).encode(omega(shape)).values())
    exact = kind != "sparse" or share == 0.1
    assert stored_bytes(shape, kind, share) == pytest.approx(stored, rel=1e-9 if exact else 0.01)


@pytest.mark.parametrize("kind", ["bfloat16", "int8"])
def test_a_written_file_has_those_bytes_beside_its_header(kind, tmp_path):
    shape, file = (1024, 4096), tmp_path / "anchor.safetensors"
    stored, _ = StoredImportance.of({"v_proj.weight": omega(shape)}, storage_of(kind))
    save_file(stored.tensors(), file)
    (header,) = struct.unpack("<Q", file.read_bytes()[:8])
    assert json.loads(file.read_bytes()[8 : 8 + header])
    assert file.stat().st_size - 8 - header == stored_bytes(shape, kind, SHARE)


@pytest.mark.parametrize(
    ("model", "parameters", "query", "value"),
    [  # As the published checkpoints have it.
        ("GPT-J-6B", 6_050_882_784, (4096, 4096), (4096, 4096)),
        ("LLaMA-3-8B", 8_030_261_248, (4096, 4096), (1024, 4096)),
    ],
)
def test_shapes_are_the_models(model, parameters, query, value):
    shapes = shapes_of(workload.SHAPES[model]())
    assert sum(shape.numel() for shape in shapes.values()) == parameters
    of = {kind: {tuple(s) for name, s in shapes.items() if name.endswith(f"{kind}_proj.weight")} for kind in "qv"}
    assert of == {"q": {query}, "v": {value}}


def test_goals_are_met_on_both_models():
    measured = {row.name.removeprefix("storage/"): row for row in rows(SHARE)}
    for model in MODELS:
        assert measured[f"{model}, query and value, bfloat16"].reached
        assert measured[f"{model}, query and value, int8"].reached
        assert measured[f"{model}, all, float32"].ratio == pytest.approx(1)
        assert all(measured[f"{model}, all, {kind}"].ratio < 0.10 for kind in ("sparse", "factored"))
