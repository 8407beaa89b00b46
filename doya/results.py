"""The form of all results: frozen records that show themselves and compare by value."""

from __future__ import annotations

import contextlib
import dataclasses
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from doya.labelled import dataset_of, frame_of
from doya.statuses import Status

# Lines of a result's text, and characters of each.
LINES, WIDTH = 10, 100
# Arrays with no more numbers than this are shown whole.
FEW = 4


class Result:
    """Record of a result, the neuron to which it belongs, and the settings of the computation.

    Subclasses are frozen dataclasses with eq=False and repr=False.  `_first` names the fields and
    properties that are shown first; `_hidden` names the fields that are not shown.
    `labelled` has the names of the axes of their arrays.
    """

    _first: ClassVar[tuple[str, ...]] = ()
    _hidden: ClassVar[tuple[str, ...]] = ()

    @property
    def _family(self) -> type[Status] | None:
        """Return the family of the field `status`, if there is one."""
        return None

    def to_xarray(self) -> Any:
        """Return the arrays of the result as an xarray.Dataset.

        An axis of an ensemble has the name of the one parameter that varies along it; where several
        do, it is axis_0 and so on, and they are its coordinates.  Numbers that do not vary are
        coordinates without an axis.  Attributes follow the CF conventions.

        Returns
        -------
        xarray.Dataset

        Raises
        ------
        ImportError
            If xarray is not installed: pip install 'doya[sweep]'.
        """
        return dataset_of(self)

    def to_pandas(self) -> Any:
        """Return the arrays of the result as a pandas.DataFrame, one row for each cell.

        The index has the axes of `to_xarray`.  Of several tables, as of branches and of special
        points, it is the first.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ImportError
            If xarray or pandas is not installed: pip install 'doya[sweep]'.
        """
        return frame_of(self)

    def __repr__(self) -> str:
        head, *lines = self._lines()
        name, of = head
        width = max((len(label) for label, _ in lines), default=0)
        texts = [_cut(f"{name} of {of}" if of else name)]
        spare = LINES - 1 - len(lines)
        for label, text in lines:
            first, *more = textwrap.wrap(text, WIDTH - width - 4) or [""]
            if len(more) > spare:
                more, first = [], text
            spare -= len(more)
            texts += [_cut(f"  {label:<{width}}  {first}"), *(f"{'':{width + 4}}{x}" for x in more)]
        return "\n".join(texts)

    def _repr_html_(self) -> str:
        """Return the text of the result as a small HTML table, for notebooks."""
        import html  # needed only in notebooks

        (name, of), *lines = self._lines()
        title = f"{name} of {of}" if of else name
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(label)}</th>"
            f"<td style='text-align:left'>{html.escape(text)}</td></tr>"
            for label, text in lines
        )
        return f"<table><caption>{html.escape(title)}</caption>{rows}</table>"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return _same_fields(self, other)

    __hash__ = None  # type: ignore[assignment]  # most fields are arrays

    def _items(self) -> Iterator[tuple[str, Any]]:
        """Yield names and values in the order in which they are shown."""
        if getattr(self, "conversion", None) is not None and hasattr(self, "state"):
            yield "state", self.state  # the author's
        fields = [field.name for field in dataclasses.fields(self) if field.repr]  # type: ignore[arg-type]
        for name in dict.fromkeys((*self._first, *fields)):
            with contextlib.suppress(ArithmeticError, ValueError):  # not every result has it
                if name not in self._hidden:
                    yield name, getattr(self, name)

    def _lines(self) -> list[tuple[str, str]]:
        """Return pairs of texts: name and neuron, each field of the result, and the settings."""
        found: list[tuple[str, str]] = []
        settings, neuron = [], ""
        for name, value in self._items():
            if name == "neuron":
                neuron = short(value)
            elif isinstance(value, Status):
                found.append(("status", value.sentences))
            elif isinstance(value, (np.ndarray, Mapping)) or name in self._first:
                found.append((name, short(value)))
            elif value is not None and not (isinstance(value, (tuple, list)) and not value):
                settings.append(f"{name} = {_setting(value)}")
        room = LINES - 1 - bool(settings)
        if len(found) > room:
            left = ", ".join(name for name, _ in found[room - 1 :])
            found = [*found[: room - 1], ("and", left)]
        lines = [(type(self).__name__, neuron), *found]
        return [*lines, ("also", ", ".join(settings))] if settings else lines


def short(value: Any) -> str:
    """Return a value in a few words: an array by its shape and range, others as they print."""
    if isinstance(value, np.ndarray):
        return _short_array(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {short(each)}" for name, each in value.items()) or "none"
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) <= FEW and not any(isinstance(each, Result) for each in value):
            return ", ".join(map(short, value)) or "none"
        return f"{len(value)} {type(value[0]).__name__}"
    return " ".join(str(value).split())


def _setting(value: Any) -> str:
    """Return a setting in a few words: a list of results by its length, a range in brackets."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return short(value)
    if any(isinstance(each, Result) for each in value):
        return str(len(value))
    return f"({short(value)})"


def _short_array(array: Any) -> str:
    if array.size <= FEW:
        text = np.array2string(array, separator=", ", formatter={"float_kind": short})
        return " ".join(text.split())
    shape = " x ".join(map(str, array.shape))
    if array.dtype.kind == "b":
        return f"{np.count_nonzero(array)} of {shape} true"
    if array.dtype.kind not in "iuf":
        return f"array {shape}"
    finite = array[np.isfinite(array)]
    if not finite.size:
        return f"{shape} numbers, none finite"
    others = "" if finite.size == array.size else f", {array.size - finite.size} not finite"
    least, most = short(finite.min()), short(finite.max())
    if least == most:
        return f"{shape} numbers, all {least}{others}"
    return f"{shape} numbers between {least} and {most}{others}"


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are equal; NaN equals NaN, and arrays have one shape."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        numbers = np.asarray(one).dtype.kind == "f" and np.asarray(other).dtype.kind == "f"
        return np.array_equal(one, other, equal_nan=numbers)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (one != one and other != other)
    if type(one) is type(other) and dataclasses.is_dataclass(one):
        return _same_fields(one, other)
    return bool(one == other)


def _same_fields(one: Any, other: Any) -> bool:
    names = (field.name for field in dataclasses.fields(one))
    return all(_same(getattr(one, name), getattr(other, name)) for name in names)
