"""The authors who wrote Doya's neuron in other letters: a record each, and what all share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from doya.checks import FINITE, LARGEST, Parameter, Range, broadcast_shape, checked
from doya.conversions.sums import product, total
from doya.errors import ArgumentError
from doya.kernels.logistic import logit, sigmoid
from doya.neurons import Neuron, NeuronMap, NeuronODE

NOT_ZERO = Range(
    lambda value: (value != 0.0) & (abs(value) <= LARGEST),
    "finite, from -1e100 to 1e100, and not 0",
)
ANY_BUT_ZERO = Range(lambda value: value != 0.0, "other than 0")
NEGATIVE = Range(lambda value: value < 0.0, "less than 0")
POSITIVE = Range(
    lambda value: (value >= 1.0 / LARGEST) & (value <= LARGEST),
    "greater than 0, from 1e-100 to 1e100",
)
ONE = Range(lambda value: value == 1.0, "1")
KEPT = Range(lambda value: (value >= 0.0) & (value < 1.0), "at least 0 and less than 1")
BETWEEN = Range(lambda value: (value > 0.0) & (value < 1.0), "greater than 0 and less than 1")


@dataclass(frozen=True)
class Author:
    """One author's way of writing the neuron.

    A rule takes letters by name.  `to_doya` gives w, b and epsilon, and `from_doya` the author's
    letters, in their order and each under the formula that an error names.  `to_x` and `from_x`
    take the state first; both are of the same instant.
    """

    name: str
    called: str
    equation: str
    letters: Mapping[str, Range]
    variable: str
    neuron: type[Neuron]
    to_doya: Callable[..., dict[str, Any]]
    from_doya: Callable[..., dict[str, Any]]
    to_x: Callable[..., Any]
    from_x: Callable[..., Any]
    needs: Mapping[str, Range]  # of Doya's parameters
    states: Range = FINITE  # x for which the author has one
    time_unit: str | None = None  # the letter that is it

    def checked_letters(self, given: Mapping[str, Any]) -> dict[str, Parameter]:
        """The letters, each within its range."""
        letters = {name: checked(name, given[name], each) for name, each in self.letters.items()}
        broadcast_shape(letters)
        return letters

    def neuron_of(self, letters: Mapping[str, Parameter]) -> Neuron:
        """Doya's neuron of these letters."""
        found = zip(("w", "b", "epsilon"), self.to_doya(**letters).items(), strict=False)
        return self.neuron(**{name: checked(formula, value) for name, (formula, value) in found})

    def letters_of(self, neuron: Neuron) -> dict[str, Parameter]:
        """The letters of Doya's neuron; a ValueError tells why there are none."""
        if not isinstance(neuron, self.neuron):
            given = f"a {neuron.dynamics}" if isinstance(neuron, Neuron) else repr(neuron)
            raise ArgumentError(
                "neuron", f"must be a {self.neuron.dynamics} for {self.called}, got {given}"
            )
        doya = doya_parameters(neuron)
        for name, need in self.needs.items():
            checked(name, doya[name], Range(need.holds, f"{need.words} for {self.called}"))
        with np.errstate(all="ignore"):
            found = self.from_doya(**doya).items()
        return {
            name: checked(formula, value, allowed)
            for (name, allowed), (formula, value) in zip(self.letters.items(), found, strict=True)
        }


def doya_parameters(neuron: Neuron) -> dict[str, Parameter]:
    """w, b, and of the map epsilon; the input has no part in a conversion."""
    return {name: value for name, value in vars(neuron).items() if name != "input_weight"}


def _as_kept(epsilon: Any) -> Any:
    """The step that an author sees who writes 1 - epsilon, which rounds.

    With it in the other letters too, w and b are kept to rounding, and so is every equilibrium.
    """
    return 1.0 - (1.0 - epsilon)


PASCANU = Author(
    name="pascanu",
    called="Pascanu's neuron",
    equation="a' = w sigma(a) + b",
    letters={"w": FINITE, "b": FINITE},
    variable="a",
    neuron=NeuronMap,
    to_doya=lambda w, b: {"w": w, "b": b},
    from_doya=lambda w, b, epsilon: {"w": w, "b": b},
    to_x=lambda a, w, b: sigmoid(a),
    from_x=lambda x, w, b: logit(x),
    needs={"epsilon": ONE},
    states=BETWEEN,
)

PASEMANN = Author(
    name="pasemann",
    called="Pasemann's neuron",
    equation="a' = gamma a + theta + w sigma(a)",
    letters={"gamma": KEPT, "theta": FINITE, "w": NOT_ZERO},
    variable="a",
    neuron=NeuronMap,
    to_doya=lambda gamma, theta, w: {
        "w / (1 - gamma)": w / (1.0 - gamma),
        "theta / (1 - gamma)": theta / (1.0 - gamma),
        "1 - gamma": 1.0 - gamma,
    },
    from_doya=lambda w, b, epsilon: {
        "gamma = 1 - epsilon": 1.0 - epsilon,
        "theta = epsilon b": _as_kept(epsilon) * b,
        "w = epsilon w": _as_kept(epsilon) * w,
    },
    to_x=lambda a, gamma, theta, w: total(a, *product(-gamma, a), -theta) / w,
    from_x=lambda x, gamma, theta, w: total(*product(w, x), theta) / (1.0 - gamma),
    needs={"w": ANY_BUT_ZERO},
)

AIHARA = Author(
    name="aihara",
    called="Aihara's neuron",
    equation="y' = k y - alpha sigma(y / epsilon) + a",
    letters={"k": KEPT, "alpha": POSITIVE, "a": FINITE, "epsilon": POSITIVE},
    variable="y",
    neuron=NeuronMap,
    to_doya=lambda k, alpha, a, epsilon: {
        "-alpha / (epsilon (1 - k))": -alpha / (epsilon * (1.0 - k)),
        "a / (epsilon (1 - k))": a / (epsilon * (1.0 - k)),
        "1 - k": 1.0 - k,
    },
    from_doya=lambda w, b, epsilon: {  # y may be in any unit, here in that of alpha
        "k = 1 - epsilon": 1.0 - epsilon,
        "alpha": 1.0,
        "a = -b / w": -b / w,
        "epsilon = -1 / (epsilon w)": np.divide(-1.0, _as_kept(epsilon) * w),
    },
    to_x=lambda y, k, alpha, a, epsilon: total(a, -y, *product(k, y)) / alpha,
    from_x=lambda x, k, alpha, a, epsilon: total(a, *product(-alpha, x)) / (1.0 - k),
    needs={"w": NEGATIVE},
)

BEER = Author(
    name="beer",
    called="Beer's neuron",
    equation="tau dy/dt = -y + w sigma(y + theta) + input",
    letters={"w": NOT_ZERO, "theta": FINITE, "input": FINITE, "tau": POSITIVE},
    variable="y",
    neuron=NeuronODE,
    to_doya=lambda w, theta, input, tau: {"w": w, "theta + input": theta + input},
    from_doya=lambda w, b: {"w": w, "theta": 0.0, "input = b": b, "tau": 1.0},
    to_x=lambda y, w, theta, input, tau: (y - input) / w,
    from_x=lambda x, w, theta, input, tau: total(*product(w, x), input),
    needs={"w": ANY_BUT_ZERO},
    time_unit="tau",
)

TANH = Author(
    name="tanh",
    called="the tanh neuron",
    equation="a' = w tanh(a) + h",
    letters={"w": FINITE, "h": FINITE},
    variable="a",
    neuron=NeuronMap,
    to_doya=lambda w, h: {"4 w": 4.0 * w, "2 h - 2 w": 2.0 * (h - w)},
    from_doya=lambda w, b, epsilon: {
        "w = w / 4": 0.25 * w,
        "h = b / 2 + w / 4": 0.5 * b + 0.25 * w,
    },
    to_x=lambda a, w, h: sigmoid(2.0 * a),
    from_x=lambda x, w, h: 0.5 * logit(x),
    needs={"epsilon": ONE},
    states=BETWEEN,
)

AUTHORS = {author.name: author for author in (PASCANU, PASEMANN, AIHARA, BEER, TANH)}
