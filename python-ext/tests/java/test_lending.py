"""Lent tensors are the model's own memory, and stay until they are given back."""

import ctypes

import numpy
import pytest
import torch
from transformers import AutoModelForCausalLM

from ballast.errors import InvalidInputError
from ballast.java import lending
from ballast.models import open_model

IDS = numpy.array([1, 5, 9, 3, 2, 7], dtype=numpy.int64)


@pytest.fixture
def opened(model_folder):
    return open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)


def read(lent: dict) -> torch.Tensor:
    """What lies at the address."""
    memory = (ctypes.c_byte * lent["bytes"]).from_address(lent["address"])
    return torch.frombuffer(memory, dtype=getattr(torch, lent["dtype"])).view(lent["shape"]).clone()


def test_a_parameter_is_the_model_s_own_memory(opened):
    name = lending.parameter_names(opened)[3]
    lent = lending.lend(lending.parameter(opened, name))
    parameter = dict(opened.model.named_parameters())[name]
    assert lent["address"] == parameter.data_ptr()
    with torch.no_grad():
        parameter.fill_(0.25)
    assert (read(lent) == 0.25).all()
    lending.give_back(lent["number"])


def test_lent_memory_outlives_the_model(opened):
    before = lending.lent_bytes()
    parameter = lending.parameter(opened, lending.parameter_names(opened)[0])
    expected = parameter.detach().clone()
    lent = lending.lend(parameter)
    del parameter
    opened.model = None
    assert torch.equal(read(lent), expected)
    assert lending.lent_bytes() == before + lent["bytes"]
    lending.give_back(lent["number"])
    lending.give_back(lent["number"])
    assert lending.lent_bytes() == before


def test_logits_and_hidden_states_are_transformers(opened):
    model = AutoModelForCausalLM.from_pretrained(opened.folder).eval()
    with torch.no_grad():
        expected = model(torch.from_numpy(IDS).view(2, 3), output_hidden_states=True)
    assert torch.equal(lending.logits(opened, IDS, 2, 3), expected.logits)
    for state, wanted in zip(lending.hidden_states(opened, IDS, 2, 3), expected.hidden_states, strict=True):
        assert torch.equal(state, wanted)


def test_an_unknown_name_is_refused_with_the_nearest(opened):
    name = lending.parameter_names(opened)[0]
    with pytest.raises(InvalidInputError, match=f"expected the name of a parameter, found .*{name}"):
        lending.parameter(opened, name + "s")


def test_an_id_outside_the_vocabulary_is_refused(opened):
    with pytest.raises(InvalidInputError, match="id"):
        lending.logits(opened, numpy.array([10**6], dtype=numpy.int64), 1, 1)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_from_a_gpu_a_pinned_copy_is_lent(model_folder):
    on_gpu = open_model(str(model_folder("llama-tied")), "float32", "cuda", False, 0)
    parameter = lending.parameter(on_gpu, lending.parameter_names(on_gpu)[0])
    lent = lending.lend(parameter)
    assert lending._lent[lent["number"]].is_pinned()
    assert torch.equal(read(lent), parameter.detach().cpu())
    lending.give_back(lent["number"])
    logits = lending.lend(lending.logits(on_gpu, IDS, 2, 3))
    on_cpu = open_model(str(model_folder("llama-tied")), "float32", "cpu", False, 0)
    torch.testing.assert_close(read(logits), lending.logits(on_cpu, IDS, 2, 3), atol=1e-3, rtol=1e-3)
    lending.give_back(logits["number"])
