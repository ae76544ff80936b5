"""What tests of adapters stand on: one of each kind, opened models that have them, and what they answer."""

from dataclasses import replace

import torch
from phases import batch, mean_loss

from ballast import adapters, models
from ballast.adapters import AdapterSettings
from ballast.adapters.corda import Samples

LORA = AdapterSettings("lora", rank=4, alpha=8.0, dropout=0.0, targets=["all-linear"], preserved=None)
OSF = AdapterSettings("osf", rank=None, alpha=None, dropout=None, targets=["all-linear"], preserved=0.5)
KINDS = {kind: replace(LORA, kind=kind) for kind in ("lora", "rslora", "dora", "corda")} | {"osf": OSF}


def open_with_lora(folder, targets=None, seed=1):
    opened = models.open_model(str(folder), "float32", "cpu", False, 0)
    adapters.add_lora(opened, 4, 8.0, 0.0, targets, seed)
    return opened


def general_text(opened, slot_of, documents):
    samples = Samples(opened)
    samples.add(*slot_of([[document] for document in documents[:4]])[:4])
    samples.add(*slot_of([documents[4:]])[:4])
    return samples


def open_with(folder, settings, slot_of, documents, seed=1):
    opened = models.open_model(str(folder), "float32", "cpu", False, 0)
    samples = general_text(opened, slot_of, documents) if settings.kind == "corda" else None
    adapters.add_adapter(opened, settings, seed, samples)
    return opened


@torch.no_grad()
def logits(model):
    return model.eval()(torch.arange(3, 23)[None]).logits


def randomise_adapter(model):
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.normal_(std=0.1)


def train_on(phase, seed):
    for _ in range(6):
        phase.backward(mean_loss(phase.model, batch(seed)))
        phase.step()
    phase.end()
