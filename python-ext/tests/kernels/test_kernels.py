import logging

import pytest
import torch

from ballast import kernels
from ballast.kernels import native
from ballast.kernels.library import TURNED_OFF


@pytest.mark.parametrize(
    "reason, level", [("it rained", logging.WARNING), (TURNED_OFF, logging.INFO)], ids=["failed", "turned off"]
)
def test_what_serves_is_said_once_with_its_reason_and_a_failure_is_a_warning(reason, level, monkeypatch, caplog):
    monkeypatch.setattr(native, "loading", lambda: native.Loading(None, reason))
    kernels._say_once.cache_clear()
    tensors = [[torch.ones(3)] for _ in range(5)]
    with caplog.at_level(logging.INFO, "ballast.kernels"):
        for step in (1, 2):
            kernels.adamw_path_integral(
                *tensors, step=step, learning_rate=0.1, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0,
                clip=torch.tensor(1.0), gate=torch.tensor(0, dtype=torch.int32),
            )  # fmt: skip
    said = [(record.levelno, record.getMessage()) for record in caplog.records]
    assert said == [(level, f"kernels on cpu: reference; {reason}")]
