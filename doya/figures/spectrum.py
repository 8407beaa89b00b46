"""Eigenvalues of W and of the products of Jacobians, and norm against spectral radius."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.arrays import Floats
from doya.figures.marks import beside, move_label, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.networks.activations import ACTIVATIONS
from doya.networks.products import jacobian_products, matrix_products
from doya.networks.sigmoid_rnn import SigmoidRNN
from doya.plots.labels import number, power
from doya.plots.pages import stretch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

UNITS, SEED, SETTLING, STEPS = 16, 1, 30, 30
# Spectral radius of W, and standard deviation of the biases.
RADIUS, BIASES = 1.2, 1.0
SHOWN = (0, 1, 4, 16)
# Note 3: W = [[0, 2], [δ, 0]] and D = c I.
DELTA, C = 0.6, 0.8
NORM: Part = {"color": "ink", "linewidth": 1.3, "linestyle": "-"}
OWN: Part = {"color": "accent", "linewidth": 1.2, "linestyle": (0, (3.5, 1.5))}
POWER: Part = {"color": "accent 1", "linewidth": 1.2, "linestyle": (0, (1.0, 1.2))}
THIN: Part = {"color": "hairline", "linewidth": 0.6, "zorder": 1}
DOT: Part = {"color": "ink", "linestyle": "none", "marker": "o", "markersize": 1.8,
             "markeredgewidth": 0.0, "zorder": 3}  # fmt: skip


@recipe(
    source="R. Pascanu, T. Mikolov, Y. Bengio (2013), section 2.1, for the norm and the spectral"
    ' radius; Wikipedia, "Vanishing gradient problem", note 3, for the two units',
    departs="The figure is ours: the sources state the conditions.  The weights of the network are"
    " random, those of the two units have δ = 0.6 and c = 0.8.",
)
def spectrum(figure: Figure) -> Data:
    """A spectral radius above 1 does not make gradients explode: the slopes of the units count.

    Sixteen tanh units, a(t) = W tanh(a(t-1)) + b, with random normal W of spectral radius ρ(W) =
    1.2 and biases of standard deviation 1.  A gradient that goes back k steps is multiplied by P(k)
    = ∂a(T)/∂a(T - k), T = 60, a product of k matrices W D, where D has the slopes of the units.
    Above: the eigenvalues of W (first panel), and those of P(k) for k = 1, 4 and 16, in the complex
    plane; circle: the unit circle.  They shrink to 0.  Below, left: the norm of P(k) (solid), its
    spectral radius (dashed), and ρ(W) to the power k (dotted).  Right: two units, W = [[0, 2], [δ,
    0]] and D = c I at rest, with δ = 0.6 and c = 0.8.  ρ(W) = √(2δ) = 1.095 is above 1, but P(k) =
    (W D) to the power k vanishes, because 2δc² = 0.768 is below 1; its norm is above 1 at first,
    and never below its spectral radius.
    """
    tall = stretch(figure, 1.3)
    foot = 1.0 - 0.36 / tall
    above = figure.add_gridspec(
        1, len(SHOWN), left=0.03, right=0.97, bottom=foot, top=1.0 - 0.06 / tall, wspace=0.06
    )
    below = figure.add_gridspec(1, 2, left=0.17, right=0.97, top=foot - 0.1 / tall, wspace=0.12)
    network, states = _network()
    products = _products(network, states)
    parts: dict[str, Part] = {}
    for place, k in enumerate(SHOWN):
        matrix = network.W_rec if k == 0 else products[k]
        parts |= _draw_plane(figure.add_subplot(above[place]), matrix, k)
    left = figure.add_subplot(below[0])
    right = figure.add_subplot(below[1], sharey=left)
    norm = jacobian_products(network, states[0], STEPS).log10_norm
    parts |= _draw_sizes(left, f"{UNITS} units", norm, _radii(products), RADIUS)
    pair = np.array([[0.0, 2.0], [DELTA, 0.0]])
    found = matrix_products(pair, np.full((STEPS, 2), C)).log10_norm
    own = np.arange(STEPS + 1) * np.log10(C * np.sqrt(2.0 * DELTA))
    parts |= _draw_sizes(right, "2 units", found, own, float(np.sqrt(2.0 * DELTA)))
    _label(left, right, parts)
    return stacked(parts)


def _network() -> tuple[SigmoidRNN, Floats]:
    """Return a random network, and its states after it has settled."""
    random = np.random.default_rng(SEED)
    weights = random.standard_normal((UNITS, UNITS))
    weights *= RADIUS / np.abs(np.linalg.eigvals(weights)).max()
    network = SigmoidRNN(weights, b=BIASES * random.standard_normal(UNITS), activation="tanh")
    return network, network.simulate(network.b, SETTLING + STEPS)[SETTLING:]


def _products(network: SigmoidRNN, states: Floats) -> list[Floats]:
    """Return the products of the last k Jacobians, for k from 0 to STEPS."""
    slopes = ACTIVATIONS[network.activation].slope(states)
    products = [np.eye(UNITS)]
    for k in range(1, STEPS + 1):
        products.append(products[-1] @ (network.W_rec * slopes[STEPS - k]))
    return products


def _radii(products: list[Floats]) -> Floats:
    """Return the decimal logarithms of the spectral radii."""
    found: Floats = np.log10([np.abs(np.linalg.eigvals(each)).max() for each in products])
    return found


def _draw_plane(ax: Axes, matrix: Floats, k: int) -> dict[str, Part]:
    """Draw the eigenvalues of W, or of the product of k Jacobians, with the unit circle."""
    found = np.sort_complex(np.linalg.eigvals(matrix))
    turn = np.linspace(0.0, 2.0 * np.pi, 91)
    ax.plot(np.cos(turn), np.sin(turn), **painted(ax, THIN))
    ax.plot(found.real, found.imag, **painted(ax, DOT))
    ax.set(xlim=(-1.45, 1.45), ylim=(-1.45, 1.45), aspect="equal")
    ax.set_axis_off()
    ax.set_title("W" if k == 0 else f"P({k})", pad=1.0, style="italic")
    name = "eigenvalues of W" if k == 0 else f"eigenvalues of P({k})"
    return {name: _part(k, real=found.real, imaginary=found.imag)}


def _draw_sizes(ax: Axes, name: str, norm: Floats, own: Floats, radius: float) -> dict[str, Part]:
    """Draw the norm and the spectral radius of the products, and the power of that of W."""
    k = np.arange(STEPS + 1)
    rows = {"norm": (norm, NORM), "radius": (own, OWN), "power": (k * np.log10(radius), POWER)}
    ax.axhline(0.0, **painted(ax, THIN))
    for row, style in rows.values():
        ax.plot(k, row, **painted(ax, style))
    ax.set_title(f"{name}, ρ(W) = {number(radius, 4)}", loc="left", pad=3.0, fontsize="small")
    ax.set(xlim=(0, STEPS), xticks=(0, 10, 20, 30))
    ax.set_xlabel("k", style="italic")
    return {f"{each}, {name}": _part(k, log10=row) for each, (row, _) in rows.items()}


def _label(left: Axes, right: Axes, parts: dict[str, Part]) -> None:
    """Write the names at the curves of the network, and the powers of ten."""
    left.set_ylim(-6.0, 3.7)
    decades = range(-6, 4, 3)
    left.set_yticks(decades, [power(each) for each in decades])
    left.set_ylabel("size", style="italic")
    move_label(left, 27.0)
    right.tick_params(labelleft=False)
    places = {
        "norm": (20, (3, 4), "left"),
        "radius": (17, (-7, -9), "right"),
        "power": (22, (-3, 4), "right"),
    }
    words = {"norm": "‖P(k)‖", "radius": "ρ(P(k))", "power": "ρ(W)ᵏ"}
    for name, (k, away, side) in places.items():
        row = parts[f"{name}, {UNITS} units"]["log10_size"]
        beside(left, words[name], (k, float(row[k])), away, ha=side)


def _part(k: Any, *, log10: Any = np.nan, real: Any = np.nan, imaginary: Any = np.nan) -> Part:
    return {"k": k, "log10_size": log10, "real": real, "imaginary": imaginary}
