"""Differences between the parts of two plans, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

# The part of a plan that holds the lengths of a chunk along the axes.
CHUNKS = "chunks"


def first_difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return the first difference in words, the first plan's value first; "" for equal parts."""
    return next(_differences("", one, other), "")


def _differences(name: str, one: Any, other: Any) -> Iterator[str]:
    """Yield each difference of two values in words."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys([*one, *other]):
            inner = "" if key in ("neuron", "over", "settings") and not name else key
            if key not in one or key not in other:
                yield f"{key} is {'given' if key in one else 'not given'}"
            else:
                yield from _differences(inner or name, one[key], other[key])
        if not name and list(one) != list(other):
            yield f"the order is {', '.join(one)}, not {', '.join(other)}"
    elif name == CHUNKS and one != other:
        there, here = (" x ".join(map(str, lengths)) for lengths in (one, other))
        yield f"a chunk has {there} cells, and with this chunk_bytes it would have {here}"
    elif isinstance(one, (list, np.ndarray)) and isinstance(other, (list, np.ndarray)):
        if len(one) != len(other):
            yield f"{name} has {len(one)} value{'s' * (len(one) != 1)}, not {len(other)}"
            return
        differ = np.flatnonzero(np.asarray(one) != np.asarray(other))
        if differ.size:
            each, another = (values[differ[0]] for values in (one, other))
            yield f"{name} has {_item(each)!r} at index {differ[0]}, not {_item(another)!r}"
    elif one != other:
        yield f"{name} is {_in_words(one)}, not {_in_words(other)}"


def _in_words(value: Any) -> str:
    """Return a value, or the names that a tuple holds."""
    if not isinstance(value, tuple):
        return repr(value)
    *first, last = map(repr, value)
    return f"{', '.join(first)} and {last}" if first else last


def _item(value: Any) -> Any:
    """Return a number of NumPy as one of Python."""
    return value.item() if isinstance(value, np.generic) else value
