"""Answers to the newest view, never a queue of old ones.

Two threads answer: one the quick questions, one the slow ones, so that a slow answer delays no
quick one.  Each takes the newest view when it is free, and computes only answers whose command has
changed.  The next quick answers wait until the last ones are drawn.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from doya.explorer.answers import OF_PLOT, Answer, answer
from doya.explorer.commands import words
from doya.explorer.view import View
from doya.explorer.waiting import without_waiting

QUICK = ("phase", "trajectory", "diagram")
SLOW = ("loss", "descent", "regions", "surface", "orbit")
# Seconds without a new question, before slow answers are begun.
REST = 0.15
# Longest time to wait for a page that does not report what it has drawn, in seconds.
PATIENCE = 1.0

Found = Mapping[str, Answer | str]


class SupersededError(Exception):
    """A newer question makes this answer useless."""


def needed(view: View) -> tuple[str, ...]:
    """Return the answers that the plots of a view show."""
    return tuple(dict.fromkeys((*QUICK, *OF_PLOT[view.second], *OF_PLOT[view.fourth])))


class Exchange:
    """One session's questions and answers.

    Parameters
    ----------
    deliver : callable
        Called by the threads with the number of the question, its view and the answers that have
        changed; a sentence in place of an answer that does not exist.
    begin : callable
        Called with the names of the slow answers that are now being computed, () at the end.
    rest : callable
        Called when there has been no new question for a short time.
    """

    def __init__(
        self,
        deliver: Callable[[int, View, Found], object],
        begin: Callable[[tuple[str, ...]], object] = lambda names: None,
        rest: Callable[[], object] = lambda: None,
    ) -> None:
        self._deliver, self._begin, self._rest = deliver, begin, rest
        self._changed = threading.Condition()
        self._view: View | None = None
        self._number = self._drawn = self._sent = 0
        self._asked_at = 0.0
        self._is_open = True
        self._known: dict[str, tuple[str, ...]] = {}
        for work in (self._answer_quick, self._answer_slow):
            threading.Thread(target=work, daemon=True).start()

    @property
    def newest(self) -> int:
        """Return the number of the newest question."""
        return self._number

    def ask(self, view: View) -> int:
        """Have the view answered; return the number of the question."""
        with self._changed:
            self._view, self._number = view, self._number + 1
            self._asked_at = time.monotonic()
            self._changed.notify_all()
            return self._number

    def drawn(self, number: int) -> None:
        """Report that the answers to a question are drawn."""
        with self._changed:
            self._drawn = max(self._drawn, number)
            self._changed.notify_all()

    def close(self) -> None:
        """End the threads; an answer that is being computed is not delivered."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def _questions(self, rest: float, is_free: Callable[[], bool]) -> Iterator[tuple[int, View]]:
        """Yield the newest question, each once, after a rest and when the page is free for it."""
        last = 0

        def is_due() -> bool:
            return not self._is_open or self._number > last

        while True:
            with self._changed:
                self._changed.wait_for(is_due)
                self._changed.wait_for(lambda: not self._is_open or is_free(), PATIENCE)
                while self._is_open and (left := self._asked_at + rest - time.monotonic()) > 0.0:
                    self._changed.wait(left)
                if not self._is_open or self._view is None:
                    return
                last, view = self._number, self._view
            yield last, view

    def _is_superseded(self, number: int, name: str, command: tuple[str, ...]) -> bool:
        """Return whether a newer view needs another answer of this name, or none."""
        view = self._view
        if not self._is_open or view is None:
            return True
        if self._number == number:
            return False
        return name not in needed(view) or words(view, name) != command

    def _answer_quick(self) -> None:
        for number, view in self._questions(0.0, lambda: self._drawn >= self._sent):
            with without_waiting():
                found = {name: each for name in QUICK for each in self._found(number, view, name)}
            if self._is_open:
                self._sent = number
                self._deliver(number, view, found)

    def _answer_slow(self) -> None:
        for number, view in self._questions(REST, lambda: True):
            self._rest()
            names = [name for name in needed(view) if name in SLOW]
            due = [name for name in names if words(view, name) != self._known.get(name)]
            for k, name in enumerate(due):
                self._begin(tuple(due[k:]))
                for found in self._found(number, view, name):
                    self._deliver(number, view, {name: found})
            if due:
                self._begin(())

    def _found(self, number: int, view: View, name: str) -> Iterator[Answer | str]:
        """Yield the answer of a name, if it differs from the one before and is still wanted."""
        command = words(view, name)
        if command == self._known.get(name):
            return
        try:
            found: Answer | str = answer(
                view, name, functools.partial(self._go_on, number, name, command)
            )
        except SupersededError:
            return
        except Exception as error:  # the page shows it, and goes on
            found = f"{name}: {error or type(error).__name__}"
        if name in SLOW and self._is_superseded(number, name, command):
            return
        self._known[name] = command
        yield found

    def _go_on(self, number: int, name: str, command: tuple[str, ...], part: float) -> None:
        if self._is_superseded(number, name, command):
            raise SupersededError
