"""The real Trainer and the real SFTTrainer beside loops written by hand."""

import copy
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from phases import lora_model, measured_anchor, same_bits, tiny_model, values
from safetensors.torch import load_file
from tiny_models import VOCABULARY_SIZE
from torch.distributed.elastic.utils.distributed import get_free_port
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

from ballast import Anchor, DivergedError, InvalidInputError, bridge, covered_parameters
from ballast.anchors.provenance import tokenizer_hash, weights_hash
from ballast.integrations.trainer import BallastCallback

STEPS, RATE, CLIP = 5, 3e-3, 0.1
CASES = {
    "full": (tiny_model, {}),
    "untied, accumulation": (lambda: tiny_model("llama-untied"), {"gradient_accumulation_steps": 3}),
    "untied, reentrant checkpointing": (
        lambda: tiny_model("llama-untied"),
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


# --- anchors between Java and here ----------------------------------------------------------------------------------


def tensors(folder) -> dict[str, torch.Tensor]:
    return load_file(folder / "anchor.safetensors")


@pytest.fixture
def opened(model_folder):
    """(handle as Java has it, the model)."""
    handle = bridge.open_model(str(model_folder("llama-untied")), "float32", "cpu", False, 0, None)
    yield handle, bridge.get(handle, bridge.OpenedModel).model
    bridge.release_all()


@pytest.mark.parametrize("reference", ["end", "start"])
def test_an_anchor_made_in_the_trainer_is_what_java_opens(reference, opened, tmp_path):
    handle, model = opened
    measuring = BallastCallback(measure=True, save_to=tmp_path / "here", reference=reference)
    Trainer(copy.deepcopy(model), arguments(tmp_path), train_dataset=rows(), callbacks=[measuring]).train()
    anchor = bridge.open_anchor(str(tmp_path / "here"), handle, None, "factors", "scaled", "block", "mean")
    assert same_bits(values(model), dict(measuring.anchor.reference)), "the model stands at θ*"
    bridge.save_anchor(anchor, str(tmp_path / "java"), {})
    assert same_bits(tensors(tmp_path / "here"), tensors(tmp_path / "java"))
    opened_facts, facts = bridge.anchor_info(anchor), measuring.anchor.describe()
    # Norms are taken anew, in another order.
    assert opened_facts.pop("alphaEntropy") == pytest.approx(facts.pop("alphaEntropy"), rel=1e-12)
    for layer, made in zip(opened_facts.pop("layers"), facts.pop("layers"), strict=True):
        assert layer.pop("name") == made.pop("name") and layer == pytest.approx(made, rel=1e-12)
    assert opened_facts == facts


@pytest.mark.parametrize("reference", ["end", "start"])
def test_an_anchor_made_by_java_is_what_the_trainer_opens(reference, opened, tmp_path, slot_of, documents):
    from test_bridge import SETTINGS

    handle, model = opened
    base = copy.deepcopy(model)
    phase = bridge.begin_phase(handle, SETTINGS | {"importance": "path_integral"})
    slot = slot_of([[document] for document in documents])
    for _ in range(2):
        bridge.forward_backward(phase, *slot)
        bridge.optimizer_step(phase)
    bridge.end_phase(phase)
    made = bridge.finish_importance(phase, 1.0, True, reference, "scaled", "block", "mean")
    bridge.save_anchor(made, str(tmp_path / "java"), {"recipe": "six documents"})
    retaining = BallastCallback(anchor=tmp_path / "java")
    Trainer(base, arguments(tmp_path), train_dataset=rows(), callbacks=[retaining]).train()
    assert same_bits(dict(retaining.anchor.reference), values(model))
    retaining.anchor.save(tmp_path / "here", retaining.anchor.provenance)
    assert same_bits(tensors(tmp_path / "here"), tensors(tmp_path / "java"))
    assert retaining.anchor.describe() == bridge.anchor_info(made)


@pytest.fixture
def two_models(model_folder, tmp_path):
    """Folders of two models of one shape, with their tokenizer."""
    shutil.copytree(model_folder("llama-tied"), tmp_path / "other")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "other")
    with torch.no_grad():
        model.model.norm.weight += 0.1
    model.save_pretrained(tmp_path / "other")
    return model_folder("llama-tied"), tmp_path / "other"


def trained_with(folder, tmp_path, adapter=False, **settings):
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, pad_token="</s>")
    model = get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"])) if adapter else model
    callback = BallastCallback(**settings)
    Trainer(
        model, arguments(tmp_path), train_dataset=rows(), callbacks=[callback], processing_class=tokenizer
    ).train()
    return model, callback.anchor


@pytest.mark.parametrize("adapter", [False, True])
def test_another_model_of_the_same_shape_is_refused(adapter, two_models, tmp_path):
    base, other = two_models
    _, anchor = trained_with(base, tmp_path, adapter, measure=True, save_to=tmp_path / "anchor", reference="end")
    assert anchor.provenance == {"baseModel": weights_hash(base), "tokenizer": tokenizer_hash(base)}
    assert Anchor.load(tmp_path / "anchor").provenance == anchor.provenance
    trained_with(base, tmp_path, adapter, anchor=tmp_path / "anchor")
    for given in (tmp_path / "anchor", anchor):
        with pytest.raises(InvalidInputError, match="expected the base model that the anchor was made from"):
            trained_with(other, tmp_path, adapter, anchor=given)


def test_the_trained_model_opened_again_is_the_anchors(two_models, tmp_path):
    model, anchor = trained_with(two_models[0], tmp_path, measure=True)
    model.save_pretrained(tmp_path / "trained")
    AutoTokenizer.from_pretrained(two_models[0]).save_pretrained(tmp_path / "trained")
    assert weights_hash(tmp_path / "trained") != anchor.provenance["baseModel"]
    trained_with(tmp_path / "trained", tmp_path, anchor=anchor)


def test_an_anchor_of_a_model_without_a_folder_warns_that_it_cannot_tell(tmp_path, caplog):
    anchor = measured_by_trainer(tiny_model(), arguments(tmp_path))
    assert anchor.provenance == {}
    (warning,) = [record.message for record in caplog.records if record.name == "ballast.integrations.trainer"]
    assert "another one of the same shapes will not be noticed" in warning


# --- what it leaves alone, and what it refuses ----------------------------------------------------------------------


def test_measuring_changes_no_bit_of_the_training_and_leaves_nothing_behind(tmp_path):
    measured, plain = tiny_model(), tiny_model()
    callback = BallastCallback(measure=True)
    Trainer(measured, arguments(tmp_path), train_dataset=rows(), callbacks=[callback]).train()
    Trainer(plain, arguments(tmp_path), train_dataset=rows()).train()
    assert same_bits(values(measured), values(plain))
    assert not any(parameter._post_accumulate_grad_hooks for parameter in measured.parameters())
    assert callback.path_integral is None


def test_reference_start_puts_the_model_back(tmp_path):
    model = tiny_model()
    anchor = measured_by_trainer(model, arguments(tmp_path), reference="start")
    assert same_bits(values(model), values(tiny_model())) and anchor.reference_is_base


def test_a_method_without_an_anchor_holds_to_where_training_starts(tmp_path):
    moved = []
    for strength in (0.0, 1e9):
        model = tiny_model()
        callback = BallastCallback(method="l2", strength=strength)
        Trainer(model, arguments(tmp_path), train_dataset=rows(), callbacks=[callback]).train()
        moved.append(max((value - values(tiny_model())[name]).abs().max() for name, value in values(model).items()))
    assert moved[0] > 1e-3 and moved[1] < 1e-8


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"measure": True, "reference": "ende"}, 'found "ende"'),
        ({"measure": True, "layer_coefficients": "steep"}, 'found "steep"'),
        ({"measure": True, "layers": "blocks"}, 'found "blocks"'),
        ({"measure": True, "normalize": "max"}, 'found "max"'),
        ({"measure": True, "xi": 0.0}, "a finite xi above 0"),
        ({}, "expected an anchor of path_integral"),
        ({"method": "heirarchical"}, 'did you mean "hierarchical"'),
        ({"method": "l2", "strength": -1.0}, "a finite number of at least 0, found -1.0"),
        ({"method": "l2", "strength": "30"}, "retention.lambda: expected a finite number of at least 0, found '30'"),
        ({"method": "kl"}, 'found "kl", which acts through the objective'),
    ],
)
def test_a_wrong_setting_is_refused_before_the_first_step(settings, message, tmp_path):
    model = tiny_model()
    trainer = Trainer(model, arguments(tmp_path), train_dataset=rows(), callbacks=[BallastCallback(**settings)])
    with pytest.raises(InvalidInputError, match=message):
        trainer.train()
    assert same_bits(values(model), values(tiny_model()))


def test_a_setting_that_is_not_is_refused_at_once(tmp_path):
    with pytest.raises(TypeError, match="strength"):
        BallastCallback(measure=True, strength=3.0)
    with pytest.raises(TypeError, match="zeta"):
        BallastCallback(method="l2", zeta=3.0)
    with pytest.raises(InvalidInputError, match="found both"):
        BallastCallback(measure=True, anchor="anchor")
    with pytest.raises(InvalidInputError, match="save_to together with measure=True"):
        BallastCallback(anchor="anchor", save_to="anchor")


def test_an_anchor_of_another_model_is_refused(tmp_path):
    anchor = measured_anchor(tiny_model("qwen2"))
    trainer = Trainer(
        tiny_model(), arguments(tmp_path), train_dataset=rows(), callbacks=[BallastCallback(anchor=anchor)]
    )
    with pytest.raises(InvalidInputError, match="the anchor is of another model"):
        trainer.train()


@pytest.mark.parametrize("callback", [{"measure": True}, {"method": "l2"}])
def test_parameters_in_bfloat16_are_refused(callback, tmp_path):
    trainer = Trainer(
        tiny_model().bfloat16(), arguments(tmp_path), train_dataset=rows(), callbacks=[BallastCallback(**callback)]
    )
    with pytest.raises(InvalidInputError, match="float32, found torch.bfloat16"):
        trainer.train()


def test_scaled_gradients_are_refused(tmp_path):
    trainer = Trainer(
        tiny_model(), arguments(tmp_path, fp16=True), train_dataset=rows(), callbacks=[BallastCallback(measure=True)]
    )
    with pytest.raises(InvalidInputError, match='found "fp16"'):
        trainer.train()


@pytest.mark.parametrize("callback", [{"measure": True}, {"method": "l2"}])
def test_a_training_that_goes_on_from_a_checkpoint_is_refused(callback, tmp_path):
    args = arguments(tmp_path, save_strategy="steps", save_steps=2)
    Trainer(tiny_model(), args, train_dataset=rows()).train()
    trainer = Trainer(tiny_model(), args, train_dataset=rows(), callbacks=[BallastCallback(**callback)])
    with pytest.raises(InvalidInputError, match="resumed at step 2"):
        trainer.train(resume_from_checkpoint=str(tmp_path / "out" / "checkpoint-2"))


def test_a_training_that_goes_back_to_its_best_model_is_not_measured(tmp_path):
    args = arguments(
        tmp_path, save_strategy="steps", eval_strategy="steps", eval_steps=1, save_steps=1, load_best_model_at_end=True
    )
    trainer = Trainer(
        tiny_model(), args, train_dataset=rows(), eval_dataset=rows(), callbacks=[BallastCallback(measure=True)]
    )
    with pytest.raises(InvalidInputError, match="load_best_model_at_end"):
        trainer.train()


def test_several_learning_rates_are_refused_in_the_proximal_form_alone(tmp_path):
    def train(form):
        model = tiny_model()
        one, *others = model.parameters()
        adamw = torch.optim.AdamW([{"params": [one], "lr": 1e-4}, {"params": others}], lr=1e-3)
        schedule = torch.optim.lr_scheduler.ConstantLR(adamw, factor=1.0)
        callback = BallastCallback(method="l2", form=form)
        Trainer(
            model, arguments(tmp_path), train_dataset=rows(), callbacks=[callback], optimizers=(adamw, schedule)
        ).train()

    train("gradient")
    with pytest.raises(InvalidInputError, match=r"found \[0.0001, 0.001\]"):
        train("proximal")


def test_an_optimizer_that_steps_inside_of_backward_is_not_measured(tmp_path):
    model = tiny_model()
    sgd = torch.optim.SGD(model.parameters(), lr=1e-3)

    def step(parameter):
        parameter.data -= 1e-3 * parameter.grad
        parameter.grad = None

    for parameter in model.parameters():
        parameter.register_post_accumulate_grad_hook(step)
    trainer = Trainer(
        model,
        arguments(tmp_path),
        train_dataset=rows(),
        callbacks=[BallastCallback(measure=True)],
        optimizers=(sgd, torch.optim.lr_scheduler.ConstantLR(sgd, factor=1.0)),
    )
    with pytest.raises(InvalidInputError, match="steps inside of backward"):
        trainer.train()


def test_a_loss_that_is_not_finite_makes_no_anchor(tmp_path):
    model = tiny_model()
    model.get_output_embeddings().register_forward_hook(lambda *given: given[-1] * float("nan"))
    trainer = Trainer(
        model,
        arguments(tmp_path),
        train_dataset=rows(),
        callbacks=[BallastCallback(measure=True, xi=1e-7, relative=False)],
    )
    with pytest.raises(DivergedError, match="path integral of nan"):
        trainer.train()


ONE_OF_SEVERAL = """
import sys, warnings
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from test_trainer import BallastCallback, Trainer, arguments, rows, tiny_model
args = arguments(Path(sys.argv[1]))
Trainer(tiny_model(), args, train_dataset=rows(), callbacks=[BallastCallback(measure=True)]).train()
"""


def test_one_process_of_several_is_refused(tmp_path):
    port = str(get_free_port())
    here = Path(__file__).parent
    launched = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": port}
    finished = subprocess.run(
        [sys.executable, "-c", ONE_OF_SEVERAL, str(tmp_path), str(here), str(here.parent), str(here.parents[1])],
        env={**os.environ, **launched, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert "InvalidInputError: expected one process with one device, found" in finished.stderr, finished.stderr
