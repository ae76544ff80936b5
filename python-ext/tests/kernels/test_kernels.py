import logging

import torch

from ballast import kernels
from ballast.kernels import native


def test_what_serves_is_said_once_with_its_reason(monkeypatch, caplog):
    monkeypatch.setattr(native, "loading", lambda: native.Loading(None, "it rained"))
    kernels._say_once.cache_clear()
    tensors = [[torch.ones(3)] for _ in range(5)]
    with caplog.at_level(logging.INFO, "ballast.kernels"):
        for step in (1, 2):
            kernels.adamw_path_integral(
                *tensors, step=step, learning_rate=0.1, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0,
                clip=torch.tensor(1.0), gate=torch.tensor(0, dtype=torch.int32),
            )  # fmt: skip
    assert [record.getMessage() for record in caplog.records] == ["kernels on cpu: reference; it rained"]
