"""TRL's `SFTTrainer` beside Ballast in `ballast bench throughput`.

    python -m benchmarks.sft_rows MODEL FOLDER

`{"rows": FILE, "ordered", "lora", "bare", "steps", "batchSize", "learningRate", "loggingSteps"}` trains MODEL anew on FILE's
`input_ids` and `labels`, in the order of the file or in the trainer's own. Answers `{"seconds", "tokens", "firstTokens",
"losses"}`: of the steps after the first the time; of all steps, and of the first, the tokens that are no padding; the losses
that were looked at. Batches are made as by default; turned off is what Ballast has not on either: checkpoints, reports,
bf16 and gradient checkpointing. Where it is "bare", so are the entropy and the best guess of every prediction, which TRL
takes for its metrics in each step: the loss is transformers' own.
"""

import sys
import time
from pathlib import Path

import torch
from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainerCallback
from trl import SFTConfig, SFTTrainer

from benchmarks.questions import answer_each

LORA = {"r": 8, "lora_alpha": 16, "lora_dropout": 0.0, "target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM"}


class BareSFTTrainer(SFTTrainer):
    """With `Trainer`'s loss, of the model's whole logits, in place of TRL's, which recomputes them in chunks."""

    compute_loss = Trainer.compute_loss


class Clock(TrainerCallback):
    """When each step had ended."""

    def __init__(self):
        self.ends = []

    def on_step_end(self, args, state, control, **others):
        self.ends.append(time.perf_counter())


def counting(collator, counts: list[int]):
    """The collator, which notes of each batch the tokens that are no padding."""

    def collate(rows):
        batch = collator(rows)
        counts.append(int(batch["attention_mask"].sum()))
        return batch

    return collate


def run(folder: Path, scratch: Path, asked: dict) -> dict:
    clock, counts = Clock(), []
    settings = SFTConfig(
        output_dir=str(scratch / "sft"),
        max_steps=asked["steps"],
        per_device_train_batch_size=asked["batchSize"],
        learning_rate=asked["learningRate"],
        logging_steps=asked["loggingSteps"],
        logging_first_step=True,
        weight_decay=0.0,
        lr_scheduler_type="linear",
        optim="adamw_torch_fused",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        dataloader_pin_memory=False,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=7,
    )
    if asked["ordered"]:
        settings.train_sampling_strategy = "sequential"
    trainer = (BareSFTTrainer if asked["bare"] else SFTTrainer)(
        AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32),
        args=settings,
        train_dataset=load_dataset("json", data_files=asked["rows"], split="train", cache_dir=str(scratch / "arrow")),
        processing_class=AutoTokenizer.from_pretrained(folder),
        peft_config=LoraConfig(**LORA) if asked["lora"] else None,
        callbacks=[clock],
    )
    trainer.data_collator = counting(trainer.data_collator, counts)
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    seconds = clock.ends[-1] - clock.ends[0]
    return {"seconds": seconds, "tokens": sum(counts), "firstTokens": counts[0], "losses": losses}


def load():
    folder, scratch = map(Path, sys.argv[1:])
    return lambda asked: run(folder, scratch, asked)


if __name__ == "__main__":
    answer_each(load)
