"""The real Trainer and the real SFTTrainer beside loops written by hand."""

import copy
import math

import numpy
import pytest
import torch
from phases import lora_model, measured_anchor, same_bits, tiny_model, values
from safetensors.torch import load_file
from tiny_models import VOCABULARY_SIZE
from transformers import AutoTokenizer, Trainer, TrainingArguments

from ballast import Anchor, InvalidInputError, bridge, covered_parameters
from ballast.integrations.trainer import BallastCallback

STEPS, RATE, CLIP = 5, 3e-3, 0.1
CASES = {
    "full": (tiny_model, {}),
    "untied, accumulation": (lambda: tiny_model("llama-untied"), {"gradient_accumulation_steps": 3}),
    "gptj, reentrant checkpointing": (
        lambda: tiny_model("gptj"),
        {"activation_checkpointing": True, "activation_checkpointing_kwargs": {"use_reentrant": True}},
    ),
    "without clipping": (tiny_model, {"max_grad_norm": 0.0}),
    "LoRA": (lora_model, {"gradient_accumulation_steps": 2}),
    "bf16": (tiny_model, {"bf16": True}),
}


def rows(count: int = 2 * STEPS, seed: int = 1) -> list[dict]:
    """Documents of 12 random ids; the first ids of some are not scored, so micro-batches weigh differently."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, VOCABULARY_SIZE, (count, 12), generator=generator).tolist()
    return [{"input_ids": row, "labels": [-100] * (i % 5) + row[i % 5 :]} for i, row in enumerate(ids)]


def arguments(tmp_path, kind=TrainingArguments, **changes):
    chosen = {
        "max_steps": STEPS, "per_device_train_batch_size": 2, "learning_rate": RATE, "max_grad_norm": CLIP,
        "lr_scheduler_type": "linear", "weight_decay": 0.0, "train_sampling_strategy": "sequential", "use_cpu": True,
        "report_to": "none", "save_strategy": "no", "logging_strategy": "no", "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }  # fmt: skip
    return kind(output_dir=str(tmp_path / "out"), **(chosen | changes))


class Loop:
    """What the Trainer does, written by hand: torch's AdamW and its clipping, linear schedule, accumulation.

    After `run`, `omega` is −Σ g ⊙ d in fp64, with g unclipped and without the penalty, and `clipped` how many steps'
    gradients were too long.
    """

    def __init__(self, model, data, accumulation=1, autocast=False, clip_norm=CLIP):
        self.model, self.data, self.accumulation, self.autocast = model, data, accumulation, autocast
        self.clip_norm = clip_norm or math.inf
        self.parameters = covered_parameters(model)
        self.start = {name: parameter.detach().clone() for name, parameter in self.parameters.items()}
        self.omega = {name: torch.zeros(value.shape, dtype=torch.float64) for name, value in self.start.items()}
        self.clipped = 0

    def run(self, penalty=None, proximal=None):
        """`penalty`: () → 0-dim, joins the loss; `proximal`: (η) after the step."""
        model, parameters = self.model, list(self.parameters.values())
        optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.0, fused=True)
        size = 2 * self.accumulation
        model.train()
        for step in range(STEPS):
            batch = [self.data[(step * size + i) % len(self.data)] for i in range(size)]
            targets = sum(label != -100 for row in batch for label in row["labels"][1:])
            for i in range(0, size, 2):
                ids, labels = (torch.tensor([row[key] for row in batch[i : i + 2]]) for key in ("input_ids", "labels"))
                (self.loss_sum(ids, labels) / targets).backward()
            gradients = {name: parameter.grad.double() for name, parameter in self.parameters.items()}
            if penalty is not None:
                penalty().backward()
            before = {name: parameter.detach().double() for name, parameter in self.parameters.items()}
            self.clipped += bool(torch.nn.utils.clip_grad_norm_(parameters, self.clip_norm) > self.clip_norm)
            optimizer.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
            optimizer.step()
            if proximal is not None:
                proximal(optimizer.param_groups[0]["lr"])
            for name, parameter in self.parameters.items():
                self.omega[name] -= gradients[name] * (parameter.detach().double() - before[name])
            optimizer.zero_grad()
        return self

    def loss_sum(self, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Σ of the scored targets' cross entropy; ids and labels [2, 12] as they stand beside each other."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            logits = self.model(input_ids=ids).logits
        logits = logits.float()[:, :-1].reshape(-1, VOCABULARY_SIZE)
        return torch.nn.functional.cross_entropy(logits, labels[:, 1:].reshape(-1), reduction="sum")

    def importance(self) -> dict[str, torch.Tensor]:
        """Ω with ξ = 1e-7."""
        return {
            name: omega.clamp(min=0) / ((self.parameters[name].detach() - self.start[name]).double() ** 2 + 1e-7)
            for name, omega in self.omega.items()
        }

    def held_by(self, anchor: Anchor, strength: float, form: str) -> "Loop":
        """Runs under λ Σ α Ω (θ − θ*)², written down."""
        weights = anchor.layer_weights.coefficients()
        terms = {name: (weights[name] * anchor.importance[name], anchor.reference[name]) for name in self.parameters}

        def penalty():
            return strength * sum(
                (weight * (self.parameters[name] - reference) ** 2).sum() for name, (weight, reference) in terms.items()
            )

        @torch.no_grad()
        def proximal(rate):
            for name, (weight, reference) in terms.items():
                parameter = self.parameters[name]
                parameter.copy_(reference + (parameter - reference) / (1 + 2 * rate * strength * weight))

        return self.run(penalty=penalty) if form == "gradient" else self.run(proximal=proximal)


def loop_for(case: str, data: list[dict], model: torch.nn.Module) -> Loop:
    changes = CASES[case][1]
    return Loop(
        model, data, changes.get("gradient_accumulation_steps", 1), changes.get("bf16", False),
        changes.get("max_grad_norm", CLIP),
    )  # fmt: skip


def assert_same(found, expected, relative):
    """‖found − expected‖ ≤ relative · ‖expected‖, for each tensor."""
    assert found.keys() == expected.keys()
    for name in expected:
        distance = torch.linalg.vector_norm(found[name].detach().double() - expected[name].detach().double())
        assert distance <= relative * torch.linalg.vector_norm(expected[name].double()), name


def measured_by_trainer(model: torch.nn.Module, args: TrainingArguments, **settings) -> Anchor:
    """The anchor of a general phase on other data."""
    callback = BallastCallback(measure=True, **settings)
    Trainer(model, args, train_dataset=rows(6 * STEPS, seed=2), callbacks=[callback]).train()
    return callback.anchor


def distance_from(anchor: Anchor, loop: Loop) -> float:
    """‖θ − θ*‖."""
    return math.hypot(*((value.detach() - anchor.reference[name]).norm() for name, value in loop.parameters.items()))


@pytest.mark.parametrize("case", CASES)
def test_omega_is_that_of_a_hand_written_loop(case, tmp_path):
    make, changes = CASES[case]
    model, data = make(), rows(6 * STEPS)
    callback = BallastCallback(measure=True, xi=1e-7, relative=False)
    Trainer(model, arguments(tmp_path, **changes), train_dataset=data, callbacks=[callback]).train()
    loop = loop_for(case, data, make()).run()
    assert loop.clipped == (0 if case == "without clipping" else STEPS)
    assert_same(covered_parameters(model), loop.parameters, 1e-6)
    assert_same(callback.anchor.importance, loop.importance(), 1e-5)
    total = sum(omega.sum().item() for omega in loop.omega.values())
    assert callback.anchor.measured.sum_omega == pytest.approx(total, rel=1e-5)
    assert_same(callback.anchor.reference, loop.parameters, 1e-6)


@pytest.mark.parametrize("form, strength", [("gradient", 2.0), ("proximal", 30.0)])
@pytest.mark.parametrize("case", CASES)
def test_training_that_is_held_back_is_the_hand_written_loop(case, form, strength, tmp_path):
    make, changes = CASES[case]
    model, data = make(), rows(6 * STEPS)
    anchor = measured_by_trainer(model, arguments(tmp_path, **changes))
    written, free = loop_for(case, data, copy.deepcopy(model)), loop_for(case, data, copy.deepcopy(model))
    held = BallastCallback(anchor=anchor, form=form, strength=strength)
    Trainer(model, arguments(tmp_path, **changes), train_dataset=data, callbacks=[held]).train()
    written.held_by(anchor, strength, form)
    assert_same(covered_parameters(model), written.parameters, 1e-5)
    assert distance_from(anchor, written) < 0.9 * distance_from(anchor, free.run()), "the penalty is felt"


# --- SFTTrainer ----------------------------------------------------------------------------------------------------


def sft_trainer(model_folder, tmp_path, model, callback, seed=1, peft_config=None, **changes):
    """TRL's own trainer on prompts that are not scored: with gradient checkpointing, as it has it by default."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    data = rows(6 * STEPS, seed)
    for row in data:
        row["completion_mask"] = [int(label != -100) for label in row.pop("labels")]
    return SFTTrainer(
        model=model,
        args=arguments(tmp_path, SFTConfig, completion_only_loss=True, **changes),
        train_dataset=Dataset.from_list(data),
        processing_class=AutoTokenizer.from_pretrained(model_folder("llama-tied")),
        peft_config=peft_config,
        callbacks=[callback],
    )


class SftLoop(Loop):
    """With the arithmetic of TRL's head, which does not round as logits followed by a cross entropy do."""

    def loss_sum(self, ids, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast):
            return -self.model(input_ids=ids, labels=labels, use_cache=False, fused_lm_head=True).log_probs.sum()


# TRL 1.16 sets, and PEFT 0.21 reads, what transformers 5.23 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`(is_)?gradient_checkpointing` is deprecated:FutureWarning")


@pytest.mark.parametrize("adapter", [False, True])
@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("form, strength", [("gradient", 2.0), ("proximal", 30.0)])
def test_sft_trainer_measures_and_is_held_back_as_the_hand_written_loop(
    form, strength, bf16, adapter, model_folder, tmp_path
):
    from peft import LoraConfig

    config = LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    changes = {"bf16": bf16, "gradient_accumulation_steps": 2, "peft_config": config if adapter else None}
    measuring = BallastCallback(measure=True, xi=1e-7, relative=False)
    trainer = sft_trainer(model_folder, tmp_path, tiny_model(), measuring, seed=2, **changes)
    other = sft_trainer(model_folder, tmp_path, tiny_model(), BallastCallback(measure=True), **changes).model
    other.load_state_dict(trainer.model.state_dict())
    general = SftLoop(other, rows(6 * STEPS, seed=2), 2, bf16)
    trainer.train()
    general.run()
    assert general.clipped == STEPS
    assert_same(covered_parameters(trainer.model), general.parameters, 1e-6)
    assert_same(measuring.anchor.importance, general.importance(), 1e-5)

    retaining = BallastCallback(anchor=measuring.anchor, form=form, strength=strength)
    # A model of its own: under bfloat16, TRL 1.16 rounds otherwise in a model that it has trained before.
    held = sft_trainer(model_folder, tmp_path, tiny_model(), retaining, **changes)
    held.model.load_state_dict(trainer.model.state_dict())
    other.load_state_dict(trainer.model.state_dict())
    written = SftLoop(other, rows(6 * STEPS), 2, bf16)
    held.train()
    written.held_by(measuring.anchor, strength, form)
    assert_same(covered_parameters(held.model), written.parameters, 1e-5)
