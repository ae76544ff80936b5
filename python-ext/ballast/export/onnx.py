"""An ONNX graph with keys and values as inputs and outputs, which DJL's OnnxRuntime engine serves without Python.

Through `torch.onnx.export` (dynamo), the way that PyTorch and transformers' own exporters go. The tensors are named as
Hugging Face Optimum names them; `attention_mask` covers past and new tokens, and positions are counted from it.
"""

import importlib.util
import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy
import torch
from torch import Tensor, nn

from ballast.errors import EnvironmentMissingError, InvalidInputError
from ballast.export.comparison import Reader, WholeRows
from ballast.export.merged import check_finite, without_adapter
from ballast.export.onnx_forward import CachedForward, PlainForward, cache_shapes
from ballast.export.probe import Row
from ballast.export.request import Request
from ballast.models import OpenedModel, checkpoints

GRAPH = "model.onnx"
# The newest that ONNX Runtime 1.21, which DJL 0.38 brings, has all of these operators for; RMSNorm's own is newer.
OPSET = 20
PACKAGES = ("onnx", "onnxscript", "onnxruntime")
# A protocol buffer ends at 2 GiB; beyond this the weights go into a file of their own beside the graph.
LARGEST_IN_ONE_FILE = 1 << 30
CHOSEN_BY_LENGTH = ("dynamic", "longrope")
# Sizes to trace with, each another and none 0 or 1, which torch.export would take for constants.
BATCH, PAST, NEW = 2, 5, 3


def write(opened: OpenedModel, folder: Path, request: Request) -> dict:
    """The graph, the configuration and the tokenizer.

    Returns:
        "cache", "opset", "inputs" (names in order) and "pastShapes": [heads, size of a head] of each layer's keys and
        values, None without a cache.

    Raises:
        InvalidInputError: bfloat16, a base in 4 bits, or a model that cannot be traced.
        EnvironmentMissingError: the packages are not installed.
    """
    check_packages()
    if request.dtype == "bfloat16":
        raise InvalidInputError(
            "--dtype bfloat16: expected float32 or float16 for --format onnx, found bfloat16, which ONNX Runtime has "
            "no arithmetic for on a CPU; use one of these"
        )
    model = without_adapter(opened).cpu().to(request.torch_dtype).eval()
    check_finite(model, request.dtype)
    _check_positions(model)
    shapes = cache_shapes(model)
    _save(_graph(model, shapes), folder / GRAPH, model)
    _write_configuration(opened.base_folder, folder)
    checkpoints.copy_tokenizer(opened.tokenizer_folder, folder)
    return {"cache": shapes is not None, "opset": OPSET, "inputs": _input_names(shapes), "pastShapes": shapes}


def read(folder: Path) -> Reader:
    """As ONNX Runtime runs it, a token at a time where it has a cache."""
    check_packages()
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / GRAPH, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    return StepByStep(session) if len(names) > 2 else WholeRows(lambda ids: _run(session, _ids(ids.numpy()))[0])


def check_packages() -> None:
    lacking = [package for package in PACKAGES if importlib.util.find_spec(package) is None]
    if lacking:
        raise EnvironmentMissingError(
            f"--format onnx needs the packages {', '.join(PACKAGES)}, found none of the name {', '.join(lacking)}; run "
            './ballast setup, or pip install "ballast[onnx]"'
        )


def _check_positions(model: nn.Module) -> None:
    """A graph makes positions in one way; these choose theirs by a text's length, which no short comparison shows."""
    kind = (getattr(model.config, "rope_parameters", None) or {}).get("rope_type")
    if kind in CHOSEN_BY_LENGTH:
        raise InvalidInputError(
            f"--format onnx: expected positions that do not depend on a text's length, found rope_type {kind} in the "
            "model's config.json; use --format merged"
        )


class StepByStep:
    """A graph read as a server reads it: the prompt, then token by token through keys and values."""

    way = "the prompt at once, then token by token through the cache"

    def __init__(self, session) -> None:
        self._session = session
        self._past = session.get_inputs()[2:]

    def logits(self, row: Row) -> Tensor:
        past = {value.name: self._empty(value) for value in self._past}
        answers, begin = [], 0
        for end in range(row.prompt, len(row.ids) + 1):
            feed = _ids(numpy.array([row.ids[begin:end]]), seen=end) | past
            logits, *present = _run(self._session, feed)
            answers.append(logits[0])
            past = {value.name: tensor.numpy() for value, tensor in zip(self._past, present, strict=True)}
            begin = end
        return torch.cat(answers)

    @staticmethod
    def _empty(value) -> numpy.ndarray:
        """[1, heads, 0, size of a head]."""
        dtype = numpy.float16 if value.type == "tensor(float16)" else numpy.float32
        return numpy.zeros((1, value.shape[1], 0, value.shape[3]), dtype)


def _ids(ids: numpy.ndarray, seen: int | None = None) -> dict[str, numpy.ndarray]:
    """Feeds of [1, new] ids after which `seen` tokens are known."""
    return {"input_ids": ids.astype(numpy.int64), "attention_mask": numpy.ones((1, seen or ids.shape[1]), numpy.int64)}


def _run(session, feed: dict) -> list[Tensor]:
    return [torch.from_numpy(output) for output in session.run(None, feed)]


def _input_names(shapes: list | None) -> list[str]:
    past = [f"past_key_values.{layer}.{kind}" for layer in range(len(shapes or ())) for kind in ("key", "value")]
    return ["input_ids", "attention_mask", *past]


def _output_names(shapes: list | None) -> list[str]:
    return ["logits", *(f"present.{layer}.{kind}" for layer in range(len(shapes or ())) for kind in ("key", "value"))]


def _graph(model: nn.Module, shapes: list | None):
    """The `ONNXProgram` of a model; `shapes` of its cache, None for a graph without one."""
    past_length = PAST if shapes else 0
    ids = torch.ones((BATCH, NEW), dtype=torch.long)
    mask = torch.ones((BATCH, past_length + NEW), dtype=torch.long)
    axes = {"input_ids": {0: "batch", 1: "new"}, "attention_mask": {0: "batch", 1: "all"}}
    if shapes is None:
        axes["attention_mask"] = {0: "batch", 1: "new"}
        forward, arguments = PlainForward(model), (ids, mask)
    else:
        dtype = next(model.parameters()).dtype
        past = [torch.zeros((BATCH, heads, PAST, size), dtype=dtype) for heads, size in shapes for _ in range(2)]
        axes["past"] = [{0: "batch", 2: "past"}] * len(past)
        forward, arguments = CachedForward(model), (ids, mask, past)
    try:
        with torch.no_grad(), _quiet():
            return torch.onnx.export(
                forward, arguments, dynamo=True, opset_version=OPSET, dynamic_shapes=axes, verbose=False,
                input_names=_input_names(shapes), output_names=_output_names(shapes),
            )  # fmt: skip
    except torch.onnx.OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise InvalidInputError(
            f"--format onnx: expected a model that torch.onnx.export can trace, found {type(model).__name__}, which it "
            f"cannot ({reason}); use --format merged"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """What tracing warns of nobody can mend, and what it could mean the comparison finds."""
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        exporter.setLevel(level)


def _save(program, file: Path, model: nn.Module) -> None:
    size = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    program.save(file, external_data=size > LARGEST_IN_ONE_FILE)


def _write_configuration(source: Path, folder: Path) -> None:
    for name in ("config.json", "generation_config.json"):
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
