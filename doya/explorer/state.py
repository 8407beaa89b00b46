"""The messages between the page's script and its Python, as properties of one model.

A list begins with a count, so that the same message is heard a second time.
"""

from __future__ import annotations

from typing import Any

from bokeh.core.properties import Any as Anything
from bokeh.core.properties import Bool, Int, List
from bokeh.model import DataModel


class State(DataModel):  # type: ignore[misc]
    """Messages: to the script `said` to `saved`, from it `drawn` to `calm`.

    `said` is the number of the message, the query, the lines of words, the options and the columns
    that have changed, as `outbox` packs them.  `moved` is a plot and a place to which its handle is
    dragged.
    """

    owns_page = Bool(default=True)

    said = List(Anything, default=[0, "", {}, {}, [], []])
    goes = List(Anything, default=[0, ""])
    copied = List(Anything, default=[0, ""])
    saved = List(Anything, default=[0, "", "", ""])

    drawn = Int(default=0)
    moved = List(Anything, default=[0, "", 0.0, 0.0])
    asked = List(Anything, default=[0, ""])
    failed = List(Anything, default=[0, ""])
    key = List(Anything, default=[0, "", 0.0, 0.0])
    calm = Bool(default=False)

    def say(self, name: str, *words: Any) -> None:
        """Send a message to the script, even if it is the same as the last."""
        setattr(self, name, [getattr(self, name)[0] + 1, *words])
