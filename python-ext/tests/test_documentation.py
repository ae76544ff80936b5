"""The code in docs/python.md runs."""

import inspect
import json
import re
from pathlib import Path

import pytest
import torch
from phases import batch, retain, same_bits, settings, tiny_model, train, values

from ballast import Anchor, InvalidInputError, RetentionPenalty, TrainingPhase

PAGE = Path(__file__).parents[2] / "docs/python.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)

# TRL 1.16 sets what transformers 5.23 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")


@pytest.fixture
def script(model_folder, tmp_path, monkeypatch):
    """What an existing script has, in a folder of its own."""
    from datasets import Dataset
    from transformers import AutoTokenizer, Trainer, TrainingArguments
    from trl import SFTConfig, SFTTrainer

    monkeypatch.chdir(tmp_path)
    AutoTokenizer.from_pretrained(model_folder("llama-tied")).save_pretrained("model")
    model = tiny_model()
    model.save_pretrained("model")
    model.config._name_or_path = "model"  # Where SFTTrainer looks for the tokenizer.
    common = {"output_dir": "out", "max_steps": 3, "report_to": "none", "use_cpu": True, "save_strategy": "no",
              "disable_tqdm": True, "dataloader_pin_memory": False}  # fmt: skip
    tokens = [{"input_ids": row, "labels": row} for row in batch(rows=24).tolist()]
    batches = [{"input_ids": ids, "labels": ids} for ids in batch(seed=3, rows=12).split(4)]
    return {
        "Trainer": Trainer,
        "SFTTrainer": SFTTrainer,
        "model": model,
        "args": TrainingArguments(**common),
        "sft_args": SFTConfig(**common, bf16=False),
        "general": tokens,
        "domain": Dataset.from_list([{"text": "The fever fell within two days."}] * 24),
        "general_batches": batches,
        "domain_batches": batches,
    }


def test_every_block_of_the_page_runs(script):
    assert [language for language, _ in BLOCKS] == ["python"] * 5 + ["json"]
    measuring, retaining, loop, method, callback = (code for language, code in BLOCKS if language == "python")
    model = script["model"]
    before = values(model)
    exec(measuring, script)
    measured = values(model)
    assert not same_bits(measured, before) and same_bits(dict(Anchor.load("anchor").reference), measured)
    exec(retaining, script)
    assert not same_bits(values(model), measured)
    exec(loop, script)
    assert script["penalty"].value() > 0
    Path(method.partition("\n")[0].removeprefix("# ")).write_text(method)
    exec(callback, script)
    held = script["callback"]
    script["Trainer"](model, script["args"], train_dataset=script["general"], callbacks=[held]).train()
    assert held.penalty is None, "it was held back, and is free again"


def test_the_pages_method_serves_an_experiment_and_is_soft_thresholding(script):
    method = next(code for _, code in BLOCKS if code.startswith("# my_methods.py"))
    Path("my_methods.py").write_text(method)
    chosen = json.loads(BLOCKS[-1][1])["retention"]
    moved = {}
    for strength in (0.0, 0.5):
        model = tiny_model()
        train(TrainingPhase(model, settings(strength=strength, **chosen)), batch(), steps=1)
        moved[strength] = {name: value - values(tiny_model())[name] for name, value in values(model).items()}
    for name, free in moved[0.0].items():
        shortened = torch.nn.functional.softshrink(free, 1e-3 * 0.5) if "embed" not in name else free
        torch.testing.assert_close(moved[0.5][name], shortened, rtol=0, atol=1e-7)
    with pytest.raises(InvalidInputError, match="expected proximal for the method"):
        retain(chosen["method"], tiny_model(), form="gradient")


def test_the_pages_default_method_is_the_codes():
    default = inspect.signature(RetentionPenalty).parameters["method"].default
    assert f'| `method` | `"{default}"` |' in PAGE.read_text()
