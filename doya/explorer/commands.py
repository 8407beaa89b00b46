"""The shell's command of each answer: what to type for the same numbers.

An answer depends on the options that its command has, and on nothing else.  So the command is also
what decides whether an answer has to be computed again.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping

from doya.explorer.fields import written
from doya.explorer.options import KINDS, OF_TASK, option
from doya.explorer.view import DEFAULTS, View

# Steps left out and steps kept of an orbit: fewer than the shell's, so that it is soon there.
TRANSIENT, STEPS = 1000, 1000
# Values along each parameter of the (w, b) plane at most.
ACROSS = 101

Words = Iterator[str]


def words(view: View, answer: str) -> tuple[str, ...]:
    """Return the words of the shell's command for an answer, after `doya`."""
    return (COMMANDS[answer], *WORDS[answer](view))


def command(view: View, answer: str) -> str:
    """Return the line for a shell that makes an answer.

    Examples
    --------
    >>> command(View(b=-2.5), "phase")
    'doya equilibria --w 5 --b -2.5'
    """
    return shlex.join(["doya", *words(view, answer)])


def across(view: View) -> int:
    """Return the number of values along each parameter of the plane."""
    return min(view.points, ACROSS)


def _dynamics(view: View) -> Words:
    if view.is_map:
        yield from ("--dynamics", "map", "--epsilon", written(view.epsilon))


def _weighted(view: View) -> Words:
    if view.input_weight != 1.0:
        yield from ("--input-weight", written(view.input_weight))
    if view.input_to != "state":
        yield from ("--input-to", view.input_to)


def _input(view: View) -> Words:
    """Yield the constant input; where there are pulses it is 0."""
    if view.input:
        yield from ("--input", written(view.input))
    yield from _weighted(view)


def _driven(view: View) -> Words:
    for pulse in view.pulse:
        yield from ("--pulse", *map(written, pulse))
    yield from _input(view)


def _parameters(view: View, *but: str, start: bool = False) -> Words:
    """Yield --w and --b, without those that are swept; where a descent starts, if asked for."""
    values = view.start if start else {"w": view.w, "b": view.b}
    for name, value in values.items():
        if name not in but:
            yield from (f"--{name}", written(value))
    yield from _dynamics(view)


def _task(view: View) -> Words:
    """Yield what is learned: a task, or the target with the trajectory and its input."""
    if view.task is None:
        yield from _trajectory(view)
        yield from ("--target", written(view.target))
        yield from _driven(view)
        return
    for name in ("task", *OF_TASK):
        if getattr(view, name) is not None:
            yield from (f"--{name}", KINDS[name].write(getattr(view, name)))
    yield from _weighted(view)


def _trajectory(view: View) -> Words:
    yield from ("--x0", written(view.x0), "--t-end", written(view.t_end))


def _over(view: View, *names: str) -> Words:
    for name in names:
        yield from ("--over", name, *map(written, view.between(name)))


def _diagram(view: View) -> Words:
    yield from _parameters(view, view.over)
    yield from _input(view)
    yield from _over(view, view.over)
    yield from ("--points", str(view.points))


def _phase(view: View) -> Words:
    yield from _parameters(view)
    yield from _input(view)


def _simulate(view: View) -> Words:
    yield from _parameters(view)
    yield from _trajectory(view)
    yield from _driven(view)


def _loss(view: View) -> Words:
    yield from _parameters(view, view.learn[0])
    yield from _task(view)
    yield from _over(view, view.learn[0])
    yield from ("--points", str(view.points))


def _descent(view: View) -> Words:
    yield from _parameters(view, start=True)
    yield from _task(view)
    for name in view.learn:
        yield from ("--learn", name)
    yield from ("--learning-rate", KINDS["learning_rate"].write(view.learning_rate))
    yield from ("--steps", str(view.steps))
    if view.clip is not None:
        yield from ("--clip", written(view.clip))
    for name in ("rule", "momentum", "teacher_forcing"):
        if getattr(view, name) != DEFAULTS[name]:
            yield from (f"--{option(name)}", KINDS[name].write(getattr(view, name)))


def _regions(view: View) -> Words:
    yield from _dynamics(view)
    yield from _input(view)
    yield from _over(view, "w", "b")
    yield from ("--points", str(view.points))


def _surface(view: View) -> Words:
    yield from _dynamics(view)
    yield from _task(view)
    yield from _over(view, "w", "b")
    yield from ("--points", str(across(view)))


def _orbit(view: View) -> Words:
    yield from _parameters(view, view.over)
    yield from _input(view)
    yield from _over(view, view.over)
    yield from ("--points", str(view.points))
    yield from ("--transient", str(TRANSIENT), "--steps", str(STEPS))


# Each answer's command, and its words.
COMMANDS: Mapping[str, str] = {
    "diagram": "bifurcate",
    "phase": "equilibria",
    "trajectory": "simulate",
    "loss": "landscape",
    "descent": "train",
    "regions": "regions",
    "surface": "landscape",
    "orbit": "orbit",
}
WORDS: Mapping[str, Callable[[View], Words]] = {
    "diagram": _diagram,
    "phase": _phase,
    "trajectory": _simulate,
    "loss": _loss,
    "descent": _descent,
    "regions": _regions,
    "surface": _surface,
    "orbit": _orbit,
}
