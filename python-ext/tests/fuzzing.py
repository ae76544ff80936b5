"""Damaged files for readers: they read them, or say with an `InvalidInputError` why not.

`pytest tests/test_fuzzing.py --hypothesis-profile=fuzz` tries some thousand of each, in another order each time.
"""

import copy
import json
from typing import Any

from hypothesis import strategies as st

# Numbers and values that are wrong for their place: promises of 2⁶⁰, what is no number, other types, other folders.
VALUES: list[Any] = [
    2**60, -1, 0, 0.5, float("nan"), float("inf"), 10**400, True, None, "", "x", "NaN", [], {}, [[]], [None], {"": None},
    "../../../etc/passwd", "/etc/passwd", "\0", "\ud800", "!function x.y", [[["deep"]]],
]  # fmt: skip


@st.composite
def damaged_documents(draw: st.DrawFn, document: Any) -> Any:
    """A JSON document in which one to four values are replaced, left out or put in twice."""
    made = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 4))):
        made = _damaged(draw, made)
    return made


def _damaged(draw: st.DrawFn, node: Any) -> Any:
    if not isinstance(node, dict | list) or not node or draw(st.integers(0, 4)) == 0:
        return copy.deepcopy(draw(st.sampled_from(VALUES)))
    at = draw(st.sampled_from(sorted(node)) if isinstance(node, dict) else st.integers(0, len(node) - 1))
    kind = draw(st.integers(0, 9))
    if kind == 0:
        del node[at]
    elif kind == 1 and isinstance(node, dict):
        node[draw(st.text(max_size=5))] = copy.deepcopy(node[at])
    elif kind == 1:
        node.append(copy.deepcopy(node[at]))
    else:
        node[at] = _damaged(draw, node[at])
    return node


@st.composite
def damaged_bytes(draw: st.DrawFn, content: bytes) -> bytes:
    """A file with bits flipped, its end or a part of it gone, a part twice, or another length at its beginning."""
    made = bytearray(content)
    for _ in range(draw(st.integers(1, 3))):
        if not made:
            break
        begin = draw(st.integers(0, len(made) - 1))
        end = draw(st.integers(begin, min(len(made), begin + 200)))
        match draw(st.sampled_from(["flip", "cut", "remove", "twice", "length", "insert"])):
            case "flip":
                made[begin] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del made[begin:]
            case "remove":
                del made[begin:end]
            case "twice":
                made[end:end] = made[begin:end]
            case "length":
                made[:8] = draw(st.sampled_from([0, 1, 2**31, 2**60, 2**64 - 1, len(made)])).to_bytes(8, "little")
            case "insert":
                made[begin:begin] = draw(st.binary(max_size=20))
    return bytes(made)


def written(document: Any) -> bytes:
    """As JSON, such as Python writes it: NaN and lone surrogates included."""
    return json.dumps(document).encode()
