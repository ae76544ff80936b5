"""What a model lets rows share, found by trying: some models' attention takes no mask, or their positions no restart.

Every architecture that fails the trial is scored row by row, which is always right.
"""

import dataclasses
import enum
import logging
import weakref

import numpy
import torch

from ballast.forward import batches, prefixes, scoring
from ballast.models import OpenedModel

logger = logging.getLogger(__name__)

# Of the trial: how far a log-probability may be from that of the row alone. A mask or a position that is not obeyed
# changes it by tenths; 4-bit and 16-bit layers round differently in other batches.
TOLERANCE = 1e-3
COARSE_TOLERANCE = 0.05


class Sharing(enum.Enum):
    """How much of what rows have in common may be read once."""

    NOTHING = "nothing"
    BRANCHES = "branches"  # A context within its row, in front of several continuations.
    PREFIXES = "prefixes"  # And what many rows begin with, in all batches.


# It is the architecture's, and training changes nothing of it.
_known: weakref.WeakKeyDictionary[torch.nn.Module, Sharing] = weakref.WeakKeyDictionary()


def sharing(opened: OpenedModel) -> Sharing:
    """Tries both on a few tokens, in the model's arithmetic without autocast; a model that shares is not tried again."""
    found = _known.get(opened.model) or _tried(opened)
    if found is not Sharing.NOTHING:
        _known[opened.model] = found
    return found


def _tried(opened: OpenedModel) -> Sharing:
    if not _agrees(opened, use_prefix=False):
        return Sharing.NOTHING
    if prefixes.depends_on_length(opened.model.config) or not _agrees(opened, use_prefix=True):
        return Sharing.BRANCHES
    return Sharing.PREFIXES


def _agrees(opened: OpenedModel, use_prefix: bool) -> bool:
    """Whether two branches behind a context score as the two rows do alone."""
    what = "prefixes" if use_prefix else "branches"
    try:
        apart, together = _scores(opened, use_prefix)
    except Exception as error:  # What a foreign model's code raises is not known; row by row it may still serve.
        logger.info("scoring row by row: %s are not shared: %s: %s", what, type(error).__name__, error)
        return False
    exact = all(p.dtype is torch.float32 for p in opened.model.parameters()) and opened.bits is None
    difference = float((apart - together).abs().max())
    if difference <= (TOLERANCE if exact else COARSE_TOLERANCE):
        return True
    logger.info("scoring row by row: %s are not shared: log-probabilities would change by %.3g", what, difference)
    return False


def _scores(opened: OpenedModel, use_prefix: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """[7] log-probabilities of a context's two continuations: (each in a row of its own, in one row)."""
    # Parameters are fp32 unless their layers are quantized: without autocast hardly anything is rounded.
    opened = dataclasses.replace(opened, dtype=torch.float32)
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(opened.vocabulary_size, (13,), generator=generator).tolist()
    context, first, second = ids[:6], ids[6:10], ids[10:]
    targets = first + second
    alone = [context + first[:-1], context + second[:-1] + [0]]
    positions = [list(range(9)), list(range(8)) + [0]]
    segments = [[1] * 9, [1] * 8 + [0]]
    # Of the second row the context's last position and the two behind it.
    apart = _score(opened, alone, positions, segments, [5, 6, 7, 8, 14, 15, 16], targets, False, None)
    start = 3 if use_prefix else 0
    prefix = scoring.read_prefix(opened, torch.tensor(context[:start], device=opened.device)) if use_prefix else None
    row = [context + first[:-1] + second[:-1]]
    places = [place - start for place in (5, 6, 7, 8, 5, 9, 10)]
    row, positions, segments = (
        [each[0][start:]] for each in (row, [[*range(9), 6, 7]], [[1] * 6 + [2] * 3 + [3] * 2])
    )
    return apart, _score(opened, row, positions, segments, places, targets, True, prefix)


def _score(opened, ids, positions, segments, places, targets, branched, prefix) -> torch.Tensor:
    planes = [*ids, *positions, *segments, places, targets]
    slot = numpy.concatenate([numpy.asarray(plane, dtype=numpy.int64) for plane in planes])
    batch = batches.read_scoring_slot(
        slot, len(ids), len(ids[0]), len(targets), branched, opened.vocabulary_size, opened.device
    )
    output = numpy.zeros(2 * len(targets), dtype=numpy.float32)
    scoring.score(opened, batch, output, prefix)
    return torch.from_numpy(output[: len(targets)])
