"""The session of a page: its view, and the actions of its buttons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from doya.explorer.outbox import Outbox
from doya.explorer.plots.plot import Plot
from doya.explorer.state import State
from doya.explorer.view import View


class Session(Protocol):
    """A page, for the buttons and lists on it.

    Attributes
    ----------
    doc : bokeh Document
    view : View
        The newest view.
    state : State
    outbox : Outbox
    plots : dict of Plot
        Every plot by its name, those that are not shown too.
    can_save : bool
        Whether files can be saved.
    """

    doc: Any
    view: View
    state: State
    outbox: Outbox
    plots: Mapping[str, Plot]

    @property
    def can_save(self) -> bool: ...

    def ask(self, **changes: Any) -> None:
        """Change some options of the view."""

    def fit(self) -> None:
        """Fit the scales."""

    def freeze(self, *, on: bool) -> None:
        """Keep the present curves in grey, or forget them."""

    def take(self, answer: str, kind: str) -> None:
        """Copy a command or its Python, or save a file."""
