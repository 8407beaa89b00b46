"""Ends of the trajectories of an ensemble while it learns an author's letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doya.arrays import Floats
from doya.checks import LARGEST, Parameter, checked_names
from doya.conversions.author import AUTHORS, Author, Move
from doya.conversions.conversion import (
    Conversion,
    from_letters,
    require_determined,
    require_no_input,
)
from doya.conversions.rates import start_of, x_of
from doya.errors import ArgumentError
from doya.inputs import Input
from doya.integrators.ensembles import flat
from doya.integrators.sensitivities import Carried
from doya.kernels.machinery.running import Call, Work
from doya.landscapes.letter_losses import LetterLoss
from doya.results import short
from doya.sensitivities.derivatives import sensitivity
from doya.sensitivities.letters import InLetters
from doya.training.statuses import TrainingStatus
from doya.training.steps import Ends, learned_of


@dataclass(frozen=True, eq=False)
class LetterGroup:
    """Some neurons of an ensemble: their letters, and the author's states at their starts."""

    letters: dict[str, Floats]
    start: Floats
    allowed: Floats  # the learned letters before the last step


@dataclass(frozen=True, eq=False)
class LetterEnds(Ends):
    """Ends of the trajectories of neurons that learn letters, from fixed states of the author."""

    conversion: Conversion

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Return the shape to which letters, starts and targets broadcast."""
        shapes = (
            self.conversion.shape, np.shape(self.x0), np.shape(self.t_end), np.shape(self.target),
            *self.settings.values(),
        )  # fmt: skip
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            names = ["x0", "t_end", "target", *self.settings]
            listed = ", ".join(map("{} {}".format, ["neuron", *names], shapes))
            words = f"must broadcast with {', '.join(names[:-1])} and {names[-1]}"
            raise ArgumentError("neuron", f"{words}, got shapes {listed}") from None

    @property
    def is_plain(self) -> bool:
        return False

    @property
    def special(self) -> tuple[str, str]:
        """Return the letters with penalty, and none that is kept in its range."""
        return "w", ""

    @property
    def work(self) -> Work:
        """Return no work of the job's own: each step computes its neurons by `sensitivity`."""
        return {}

    @property
    def _author(self) -> Author:
        return AUTHORS[self.conversion.author]

    def first(self, part: slice) -> tuple[LetterGroup, Floats]:
        """Return some of the neurons, and the rows of their letters that the steps change."""
        letters = {
            name: np.array(flat(np.asarray(each), self.shape)[part])
            for name, each in self.conversion.parameters.items()
        }
        start = flat(np.asarray(start_of(self.conversion, self.x0)), self.shape)[part]
        now = learned_of(letters, self.learn)
        return LetterGroup(letters, np.array(start), now.copy()), now

    def at(self, group: Any, target: Floats, call: Call) -> tuple[Carried, Floats]:
        """Return the author's states at T with their derivatives, twice as there is no teacher."""
        letters = {name: each.copy() for name, each in group.letters.items()}
        conversion = from_letters(self._author, letters)
        found = sensitivity(conversion, x_of(conversion, group.start), self.last, self.learn)
        state = np.array(found.state)
        return Carried(state, dict(found._scaled)), state

    def settle(self, group: Any, now: Floats, status: NDArray[np.int64]) -> None:
        """Stop the neurons whose letters have left their range; put their letters back."""
        outside = ~self._allowed(group)
        status[outside & (status == TrainingStatus.DONE)] = TrainingStatus.OUTSIDE
        now[:, outside] = group.allowed[:, outside]
        group.allowed[:] = now

    def _allowed(self, group: LetterGroup) -> NDArray[np.bool_]:
        """Return whether these letters define a neuron and a start."""
        author = self._author
        allowed = np.ones(group.start.shape, dtype=np.bool_)
        for name, each in author.letters.items():
            allowed &= np.asarray(each.holds(group.letters[name]))
        with np.errstate(all="ignore"):
            found = author.to_doya(**group.letters)
            x0 = author.to_x(group.start, **group.letters)
        for each in (*found.values(), x0):
            allowed &= np.abs(each) <= LARGEST  # False for NaN too
        return allowed


def checked_ends(
    conversion: Conversion,
    x0: Parameter,
    t_end: Parameter,
    target: Parameter,
    u: Input | None,
    learn: str | Iterable[str] | None,
    alpha: float,
    settings: dict[str, tuple[int, ...]],
) -> LetterEnds:
    """Return the ends; raise for names, inputs or a teacher that letters do not have."""
    author = AUTHORS[conversion.author]
    allowed = [name for name, move in author.moves.items() if move is not Move.TIME]
    names = checked_names("learn", author.drive if learn is None else learn, allowed)
    if not names:
        raise ArgumentError("learn", f"must be one or more of {', '.join(allowed)}, got {learn!r}")
    if u is not None:
        words = f"must not be given for a Conversion, got {short(u)}: its input is a letter"
        raise ArgumentError("u", words)
    if alpha:
        words = f"must be 0 for a Conversion, got {alpha!r}: use its attribute `neuron`"
        raise ArgumentError("teacher_forcing", words)
    require_no_input(conversion, u)
    require_determined(conversion)
    last = float(np.max(t_end, initial=0.0))
    InLetters.of(conversion, x0, last, names, u)  # raises for a letter without a derivative
    return LetterEnds(conversion.neuron, x0, t_end, target, u, names, alpha, settings, conversion)


def loss_of(conversion: Conversion, x0: float, t_end: float, target: float) -> LetterLoss:
    """Return the loss of one neuron in letters."""
    return LetterLoss(conversion.neuron, x0, t_end, target, None, conversion)
