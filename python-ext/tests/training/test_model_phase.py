"""A phase that is fed slots, on a GPU."""

import pytest
import torch
from phases import SETTINGS

from ballast import models
from ballast.importance import PATH_INTEGRAL
from ballast.training.model_phase import ModelPhase


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("importance", [None, PATH_INTEGRAL])
@pytest.mark.parametrize("packed", [False, True], ids=["padded", "packed"])
def test_a_step_never_waits_for_the_device(packed, importance, model_folder, slot_of, documents):
    opened = models.open_model(str(model_folder("llama-tied")), "bfloat16", "cuda", False, 0)
    rows = [documents[:2], documents[2:4]] if packed else [[each] for each in documents[:4]]
    *slot, targets = slot_of(rows)
    phase = ModelPhase(opened, SETTINGS | {"importance": importance}, None)

    def step() -> None:
        phase.forward_backward(*slot, targets)
        phase.training.step()

    step()  # Kernels are compiled, the head is tried.
    torch.cuda.set_sync_debug_mode("error")
    try:
        step()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert phase.training.progress()["step"] == 2
