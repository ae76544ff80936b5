"""Two and four ranks train what one does: the same losses, anchor, penalty and model, and each opens what others wrote."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_models import write_model

PROGRAM = Path(__file__).with_name("ranked_training.py")
SCHEDULED = {"clipNorm": 1.0, "schedule": "cosine", "steps": 50, "warmupSteps": 5}
CASES = {
    "proximal": {
        "model": "llama-tied", "general": SCHEDULED, "domain": {"lambda": 30.0}, "steps": 50, "async": True,
    },
    "gradient": {
        "model": "gpt2", "checkpointing": True, "general": {"weightDecay": 0.1}, "steps": 8,
        "domain": {"lambda": 0.01, "form": "gradient", "clipNorm": 1.0},
    },
    "l2": {"model": "llama-tied", "general": {}, "domain": {"method": "l2", "lambda": 3.0}, "steps": 8},
    "independent": {
        "model": "llama-tied", "general": {"clipNorm": 0.5}, "domain": {"method": "none", "lambda": None}, "steps": 8,
    },
    "lora": {"model": "llama-tied", "adapter": True, "general": {}, "domain": {"lambda": 30.0}, "steps": 8},
}  # fmt: skip
ON_FOUR = ("proximal", "gradient")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The output of one, two and four ranks; each but the first goes on, too, where more ranks than it stopped."""
    root = tmp_path_factory.mktemp("ranks")
    for name in ("llama-tied", "gpt2"):
        write_model(root / "models" / name, name)
    folders = {ranks: root / str(ranks) for ranks in (1, 2, 4)}
    of_four = {f"{name} of four": CASES[name] | {"load": str(folders[4] / name)} for name in ON_FOUR}
    of_two = {f"{name} of two": CASES[name] | {"load": str(folders[2] / name)} for name in ("proximal", "lora")}
    cases = {
        4: {name: CASES[name] for name in ON_FOUR},
        2: CASES | of_four | {"proximal of two": of_two["proximal of two"]},
        1: CASES | of_two,
    }
    jobs = [{"ranks": ranks, "output": str(folders[ranks]), "cases": each} for ranks, each in cases.items()]
    tests = PROGRAM.parent
    environment = os.environ | {"PYTHONPATH": f"{tests}{os.pathsep}{tests.parent}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(PROGRAM), str(root / "models"), json.dumps(jobs)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-8000:]
    return folders


def said(folder: Path) -> dict:
    return json.loads((folder / "said.json").read_text(encoding="utf-8"))


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    return {name: tensor for file in sorted(folder.glob("*.safetensors")) for name, tensor in load_file(file).items()}


def far_apart(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> dict[str, float]:
    """Relative distance by name, of the tensors where it is not below 1e-4.

    A key's bias has no gradient but rounding, which AdamW brings to full length: it may be anywhere.
    """
    assert one.keys() == other.keys()
    distances = {
        name: float((tensor.double() - other[name].double()).norm() / tensor.double().norm().clamp(min=1e-12))
        for name, tensor in one.items()
        if not name.endswith("c_attn.bias")
    }
    return {name: distance for name, distance in distances.items() if not distance < 1e-4}


@pytest.mark.parametrize("ranks, case", [(2, case) for case in CASES] + [(4, case) for case in ON_FOUR])
def test_ranks_train_what_one_does(ranks, case, outputs):
    one, many = (said(outputs[size] / case) for size in (1, ranks))
    assert one["cut"] == 0 and many["cut"] > 0
    for expected, found in zip(one["said"], many["said"], strict=True):
        for name, tolerance in (("loss", 1e-5), ("gradientNorm", 1e-4), ("penalty", 1e-4), ("learningRate", 0)):
            assert found[name] == pytest.approx(expected[name], rel=tolerance, abs=1e-9), name
    assert far_apart(tensors(outputs[1] / case / "anchor"), tensors(outputs[ranks] / case / "anchor")) == {}
    assert far_apart(tensors(outputs[1] / case / "model"), tensors(outputs[ranks] / case / "model")) == {}


@pytest.mark.parametrize("ranks", [2, 4])
def test_an_anchor_of_ranks_says_what_that_of_one_says(ranks, outputs):
    one, many = (
        json.loads((outputs[size] / "proximal" / "anchor" / "anchor.json").read_text()) for size in (1, ranks)
    )
    assert many["shapes"] == one["shapes"] and many["tensorBytes"] == one["tensorBytes"]
    for name in ("sum_omega", "clamped_share", "xi"):
        assert many["measured"][name] == pytest.approx(one["measured"][name], rel=1e-4, abs=1e-9)
    for expected, found in zip(one["layerWeights"]["layers"], many["layerWeights"]["layers"], strict=True):
        assert found["name"] == expected["name"] and found["alpha"] == pytest.approx(expected["alpha"], rel=1e-4)


@pytest.mark.parametrize("ranks", [2, 4])
def test_the_first_rank_deals_the_model_out_and_each_computes_as_often_as_it_likes(ranks, outputs):
    one, many = (said(outputs[size] / "proximal")["texts"] for size in (1, ranks))
    assert [text["rank"] for text in many] == list(range(ranks))
    assert [text["größe"] for text in many] == ["ä" * rank for rank in range(ranks)]
    assert [text["opened on"] for text in many] == [["cpu"]] + (ranks - 1) * [["meta"]]
    assert sum(text["nats"] for text in many) == pytest.approx(one[0]["nats"], rel=1e-5)


def test_a_phase_put_back_on_as_many_ranks_ends_with_the_same_bits(outputs):
    whole, resumed = outputs[2] / "proximal", outputs[2] / "proximal of two"
    assert said(resumed)["said"] == said(whole)["said"][-25:]
    models = tensors(whole / "model"), tensors(resumed / "model")
    assert all(torch.equal(tensor, models[1][name]) for name, tensor in models[0].items())


@pytest.mark.parametrize(
    "ranks, case, whole", [(2, "proximal", 4), (2, "gradient", 4), (1, "proximal", 2), (1, "lora", 2)]
)
def test_a_phase_that_more_ranks_wrote_goes_on(ranks, case, whole, outputs):
    words = {2: "two", 4: "four"}
    resumed, expected = outputs[ranks] / f"{case} of {words[whole]}", outputs[whole] / case
    losses = [each["loss"] for each in said(expected)["said"]][-len(said(resumed)["said"]) :]
    assert [each["loss"] for each in said(resumed)["said"]] == pytest.approx(losses, rel=1e-5)
    assert far_apart(tensors(expected / "model"), tensors(resumed / "model")) == {}
