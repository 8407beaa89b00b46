"""One message with all changes of the page: lines of words, and columns of the plots.

Bokeh has a message for each change of a model, and a browser repaints between two messages.  One
message is painted once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource

from doya.explorer.state import State


class Table:
    """The columns of a curve or of marks.

    Attributes
    ----------
    source : ColumnDataSource
        The browser's copy.
    data : dict of array or list
        The columns, by name.
    """

    def __init__(self, *names: str) -> None:
        self.data: dict[str, Any] = {name: np.zeros(0) for name in names}
        self.source = ColumnDataSource({name: [] for name in names})
        self._news: set[str] = set()

    def put(self, columns: Mapping[str, Any]) -> None:
        """Set the columns; those that stay the same are not sent."""
        for name, column in columns.items():
            if not _are_same(self.data[name], column):
                self.data[name] = column
                self._news.add(name)

    def renew(self) -> None:
        """Have all columns sent: the browser has a new, empty copy."""
        self._news = set(self.data)

    def news(self) -> dict[str, Any]:
        """Return the columns to send, if the browser has a copy of the table."""
        if self.source.document is None:
            return {}
        found = {name: self.data[name] for name in self._news}
        self._news = set()
        return found


class Outbox:
    """Collects what has changed until it is sent; messages are numbered.

    Parameters
    ----------
    state : State
        Carries the messages.
    query : str
        Query of the view at the start.
    """

    def __init__(self, state: State, query: str) -> None:
        self._state, self._query = state, query
        self._texts: dict[str, str] = {}
        self._options: dict[str, Any] = {}
        self._tables: list[Table] = []
        self._questions: dict[int, int] = {}
        self._count = self._question = self._depth = 0
        # What is sent before the script hears is heard only with the last message.
        self._is_heard = self._is_due = False

    def table(self, *names: str) -> Table:
        """Return a table with these empty columns, which are sent when they change."""
        made = Table(*names)
        self._tables.append(made)
        return made

    def text(self, line: str) -> str:
        """Return what a line says."""
        return self._texts.get(line, "")

    def say(self, line: str, text: str) -> None:
        """Have one of the lines show a text; it is never read as HTML."""
        if self.text(line) != text:
            self._texts = {**self._texts, line: text}
            with self.together():
                self._is_due = True

    def answer(self, question: int, query: str, options: Mapping[str, Any]) -> None:
        """Have the page show the query and the numbers of an answer.

        The script reports when it is drawn.  `options` are the value of a slider and the word of a
        field by the name of the option.
        """
        self._question, self._query = question, query
        self._options = {**self._options, **options}
        with self.together():
            self._is_due = True

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what changes in the block as one message."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._send()

    def heard(self, count: int) -> int:
        """Return the newest question whose answer is in the messages up to this number."""
        self._is_heard = self._is_heard or count > 0
        known = [each for each in self._questions if each <= count]
        return max((self._questions.pop(each) for each in known), default=0)

    def _send(self) -> None:
        if not self._is_heard:
            for each in self._tables:
                each.renew()
        tables = {each.source.id: each.news() for each in self._tables}
        changed = {name: columns for name, columns in tables.items() if columns}
        if not changed and not self._is_due:
            return
        self._is_due = False
        self._count += 1
        self._questions[self._count] = self._question
        self._state.said = [
            self._count, self._query, self._texts, self._options, *packed(changed)
        ]  # fmt: skip
        self._options = {}


def packed(tables: Mapping[str, Mapping[str, Any]]) -> tuple[list[list[Any]], Any]:
    """Return the tables with places in one array for their numbers, and this array.

    Each array of its own would be two more messages.

    Examples
    --------
    >>> packed({"p1": {"x": np.array([0.5, 1.5]), "kind": ["LP"]}})
    ([['p1', {'x': [0, 2]}, {'kind': ['LP']}]], array([0.5, 1.5]))
    """
    rows: list[list[Any]] = []
    numbers: list[Any] = [np.zeros(0)]
    size = 0
    for name, columns in tables.items():
        places: dict[str, list[int]] = {}
        others: dict[str, Any] = {}
        for key, column in columns.items():
            if _is_plain(column):
                places[key] = [size, size + len(column)]
                size += len(column)
                numbers.append(column)
            else:
                others[key] = column
        rows.append([name, places, others])
    return rows, np.concatenate(numbers)


def _is_plain(column: Any) -> bool:
    return isinstance(column, np.ndarray) and column.ndim == 1 and column.dtype == np.float64


def _are_same(one: Any, other: Any) -> bool:
    """Return whether two columns are equal; NaN is equal to NaN."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return (one.shape, one.dtype) == (other.shape, other.dtype) and (
            one.tobytes() == other.tobytes()
        )
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_are_same, one, other))
    return type(one) is type(other) and bool(one == other)
