"""The fraction of latch tasks that are solved against the number of trials, by ways of learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from doya.figures import latch_trials as latches
from doya.figures.marks import beside, move_label, painted
from doya.figures.recipes import Data, recipe, stacked
from doya.plots.labels import power, write_above
from doya.plots.pages import several
from doya.tasks.latches import latch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Part = dict[str, Any]

VARIANT, SEED, SEQUENCES, SEEDS, TRIALS = 2, 0, 20, range(32), 1000
LENGTHS = ((5, 6), (50, 60))
DASHES, LONG, DOTS = (0, (3.5, 1.5)), (0, (7.0, 1.5)), (0, (1.0, 1.2))
DASH_DOT = (0, (3.5, 1.2, 1.0, 1.2))
# Name, way and line of each curve; a way that solves nothing lies on the line of 0.
WAYS: dict[str, tuple[latches.Way, Part]] = {
    "guessing": (latches.GUESSING, {"color": "ink", "linewidth": 1.6}),
    "clipped": (latches.CLIPPED, {"color": "hairline", "linewidth": 3.4, "alpha": 0.6}),
    "descent": (latches.DESCENT, {"color": "ink", "linestyle": DASHES}),
    "Ω": (latches.OMEGA, {"color": "grey", "linestyle": DASH_DOT}),
    "Adam, rate 0.001": (latches.SMALL_ADAM, {"color": "accent 1", "linestyle": DOTS}),
    "Adam, rate 1": (latches.ADAM, {"color": "accent 1", "linestyle": DASH_DOT}),
    "forced, α = 0.2": (latches.FORCED, {"color": "accent", "linestyle": LONG, "linewidth": 1.6}),
    "forced, α = 0.5": (latches.HALF_FORCED, {"color": "accent", "linestyle": DOTS}),
}
# Words beside curves that rise: the part of the curve's end at which they stand, their side and
# height; and the ways that solve nothing.
Words = tuple[str, str, float, str, str]
NAMED: tuple[tuple[tuple[Words, ...], str], ...] = (
    (
        (
            ("guessing", "guessing", 0.6, "right", "center"),
            ("descent", "descent,\nor clipped", 1.0, "end", "bottom"),
            ("Adam, rate 1", "Adam,\nrate 1", 1.0, "end", "bottom"),
            ("forced, α = 0.2", "forced,\nα = 0.2", 0.75, "left", "center"),
        ),
        "none: Ω; Adam, rate 0.001; forced, α = 0.5",
    ),
    (
        (
            ("guessing", "guessing", 0.6, "right", "center"),
            ("forced, α = 0.2", "forced,\nα = 0.2", 0.22, "right", "center"),
            ("forced, α = 0.5", "forced,\nα = 0.5", 0.5, "left", "center"),
        ),
        "none: descent, or clipped; Ω; Adam",
    ),
)


@recipe(
    source="Y. Bengio, P. Simard, P. Frasconi (1994), the task; J. Schmidhuber, S. Hochreiter,"
    " Y. Bengio (2001), its variant 2 and random guessing; R. Pascanu, T. Mikolov, Y. Bengio"
    " (2013), clipping and Ω; D. P. Kingma, J. Ba (2015), Adam; K. Doya (1992), teacher forcing",
    departs="The sequences of the source have 500 to 600 steps, and it reports mean numbers of"
    " trials.  Ours are shorter, so that 32 seeds with 1000 trials each can be measured, and shown"
    " is the fraction solved.  All seeds share one set of 20 sequences.  The other sources describe"
    " the ways of learning, not this task.",
)
def latch_task(figure: Figure) -> Data:
    """On long sequences guessing solves the latch task, and no descent does without a teacher.

    One tanh unit, y[t+1] = tanh(w y[t] + h + v u[t]) from y[0] = 0, shall keep the sign of its
    first input, which is 1 or -1; all other inputs are noise of variance 0.2.  A trial is one
    evaluation of the loss of all 20 sequences.  It solves the task if y has the right sign at the
    end of each of them.  Shown: the fraction of 32 seeds that are solved within a number of trials,
    for sequences of 5 to 6 steps (above) and of 50 to 60 steps (below).  Solid: guessing draws w, h
    and v anew in each trial, uniformly from -100 to 100.  All others are descents along the exact
    gradient, from w, h and v that are uniform from -1 to 1.  Dashed: plain descent with the rate 1.
    Grey band: gradients longer than 1 are shortened to 1; almost none is so long.  Ω: with 4
    times the regulariser Ω and clipping.  Dash-dotted: Adam with the rate 1; its source advises
    0.001.  Coloured long dashes and dots: forced; before each step a teacher moves the state by the
    fraction α toward the target of its sequence.  So the teacher gives away the class at each step;
    solved is what the free unit solves.  No setting is tuned.  Half of the seeds are guessed within
    23 trials for the short sequences, and within 54 for the long ones.  Plain descent solves 28 %
    of the short ones and none of the long ones; with α = 0.2 all are solved, half of them within
    235 and 186 trials.  With α = 0.5 the long sequences are learned and the short ones are not.
    """
    above, below = several(figure, 1.9, (1.0, 1.0))
    parts: dict[str, Part] = {}
    for ax, (least, most), named in zip((above, below), LENGTHS, NAMED, strict=True):
        found = _fractions((least, most))
        _draw(ax, found, named)
        ax.set_title(f"{least} to {most} steps", loc="left", pad=3.0)
        parts |= {f"{name}, {least} to {most} steps": part for name, part in found.items()}
    write_above(above, f"{SEQUENCES} sequences, {len(SEEDS)} seeds")
    return stacked(parts)


def _fractions(lengths: tuple[int, int]) -> dict[str, Part]:
    """Return the fraction solved after each number of trials at which one of the ways has more."""
    task = latch(VARIANT, SEED, sequences=SEQUENCES, steps=lengths)
    first = {
        name: latches.first_solved(*latches.tried(way, task, SEEDS, TRIALS), task, latches.RIGHT)
        for name, (way, _) in WAYS.items()
    }
    found = {}
    for name, each in first.items():
        trials = np.unique([1.0, *each[np.isfinite(each)], TRIALS])
        found[name] = {"trials": trials, "fraction_solved": latches.share(each, trials)}
    return found


def _draw(ax: Axes, found: dict[str, Part], named: tuple[tuple[Words, ...], str]) -> None:
    """Draw the curves of one length of the sequences, with their names."""
    ax.set(xscale="log", xlim=(1.0, TRIALS), ylim=(-0.15, 1.04), yticks=(0.0, 0.5, 1.0))
    decades = range(4)
    ax.set_xticks([10.0**k for k in decades], [power(k) for k in decades])
    for name, (_, style) in WAYS.items():
        look: Part = {"linewidth": 1.2, "drawstyle": "steps-post", "clip_on": False, **style}
        ax.plot(*found[name].values(), **painted(ax, look))
    beside_curves, none = named
    for name, words, part, side, height in beside_curves:
        trials, solved = found[name].values()
        reached = int(np.argmax(solved >= part * solved[-1]))
        at = (TRIALS, float(solved[-1])) if side == "end" else (float(trials[reached]), part)
        away = {"left": (4, 0), "right": (-4, 0), "end": (0, 2)}[side]
        across = side.replace("end", "right")
        beside(ax, words, at, away, ha=across, va=height, linespacing=1.0)
    beside(ax, none, (1.0, 0.0), (2, -3), ha="left", va="top")
    ax.set_xlabel("trials")
    ax.set_ylabel("fraction solved")
    move_label(ax, 24.0)
