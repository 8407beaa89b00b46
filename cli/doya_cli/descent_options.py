"""The options that say how a descent takes its steps: the rule, clipping, penalties, a teacher."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import click

from doya_cli import values
from doya_cli.options import together

Function = TypeVar("Function", bound=Callable[..., Any])

RULES = ("gradient", "sign", "adagrad", "rmsprop", "adam")
MOST_STEPS = 1_000_000
PENALTIES = ("l1", "l2", "omega")
NAMES = (
    *("learning_rate", "steps", "clip", "clip_value", "momentum", "nesterov", "rule", *PENALTIES),
    *("teacher_forcing", "forcing_every", "truncate"),
)

# In the order of the help.
OPTIONS = {
    "learning_rate": click.option(
        "--learning-rate",
        type=values.Number(),
        metavar="NUMBER",
        help="Length of a step per unit of the gradient, above 0; with --rule sign, the first step"
        " size; with adagrad, rmsprop and adam, about the length of the first steps.  [default: 2;"
        " with adagrad, rmsprop and adam 0.1]",
    ),
    "steps": click.option(
        "--steps",
        type=values.Count(0, MOST_STEPS),
        metavar="N",
        default=100,
        show_default=True,
        help="Number of steps of the descent, 0 to 1000000.",
    ),
    "clip": click.option(
        "--clip",
        type=values.NumberOrWord("auto"),
        metavar="NUMBER|auto",
        help="Largest norm of a gradient, above 0; not with --rule sign.  Longer gradients are"
        " shortened to it.  auto: ten times the mean norm of the gradients of all earlier steps,"
        " each after its own clipping; the first step is not clipped.  [default: no limit]",
    ),
    "clip_value": click.option(
        "--clip-value",
        type=values.Number(),
        metavar="NUMBER",
        help="Largest size of each derivative, above 0; not with --rule sign.  Larger ones are cut"
        " to it.  [default: no limit]",
    ),
    "momentum": click.option(
        "--momentum",
        type=values.Number(),
        metavar="NUMBER",
        default=0.0,
        show_default=True,
        help="Fraction of each step that is added to the next step, at least 0 and less than 1;"
        " with --rule gradient or rmsprop.",
    ),
    "nesterov": click.option(
        "--nesterov",
        is_flag=True,
        help="Take the gradient not where the step begins but at the point to which the momentum"
        " alone would lead.  It needs a --momentum above 0.",
    ),
    "rule": click.option(
        "--rule",
        type=values.Choice(RULES),
        default="gradient",
        show_default=True,
        help="gradient: steps proportional to the gradient.  sign: steps that use only its sign"
        " and adapt their size (resilient backpropagation, in the variant called iRprop minus)."
        "  adagrad: each derivative is divided by the root of the sum of its squares so far."
        "  rmsprop: it is divided by the root of a running mean of its squares.  adam: the same,"
        " and the derivative is replaced by its own running mean.",
    ),
    "l1": click.option(
        "--l1",
        type=values.Number(),
        metavar="NUMBER",
        default=0.0,
        help="Penalty: descend the loss plus NUMBER times |w|, NUMBER at least 0.  The losses that"
        " are printed are without it.",
    ),
    "l2": click.option(
        "--l2",
        type=values.Number(),
        metavar="NUMBER",
        default=0.0,
        help="Penalty: descend the loss plus NUMBER times w^2, NUMBER at least 0.  The losses that"
        " are printed are without it.",
    ),
    "omega": click.option(
        "--omega",
        type=values.Number(),
        metavar="RHO",
        default=0.0,
        help="Penalty for the map: add RHO times the sum over all steps of (|mu| - 1)^2 with the"
        " derivative mu of a step; RHO at least 0.",
    ),
    "teacher_forcing": click.option(
        "--teacher-forcing",
        type=values.Number(),
        default=0.0,
        show_default=True,
        metavar="ALPHA",
        help="Before each step of the map, move the state by the fraction ALPHA of the way to the"
        " target; at least 0 and less than 1.  In a --task only states that have a target are"
        " moved.  The descent reduces the loss with the teacher.  The free loss is the loss"
        " without it.",
    ),
    "forcing_every": click.option(
        "--forcing-every",
        type=values.Count(1, MOST_STEPS),
        default=1,
        show_default=True,
        metavar="N",
        help="With --teacher-forcing: move the state only before every N-th step, that is before"
        " steps 1, N + 1, 2 N + 1 and so on; N from 1 to 1000000.",
    ),
    "truncate": click.option(
        "--truncate",
        type=values.Count(1, MOST_STEPS),
        metavar="K",
        help="For the map: let the gradient go back only K steps from the end, 1 to 1000000."
        "  [default: to the start]",
    ),
}


def descent(function: Function) -> Function:
    """Add these options; the function takes their values by name, as the dict `settings`."""

    @functools.wraps(function)
    def gathered(*arguments: Any, **given: Any) -> Any:
        settings = {name: given.pop(name) for name in NAMES}
        if settings["learning_rate"] is None:
            from doya.training.usual_rates import usual_rate

            settings["learning_rate"] = usual_rate(settings["rule"])
        return function(*arguments, settings=settings, **given)

    return cast(Function, together(*OPTIONS.values())(gathered))


def arguments_of(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings as the library takes them, with the penalties in one dict."""
    own = {name: value for name, value in settings.items() if name not in PENALTIES}
    return {**own, "penalty": {name: settings[name] for name in PENALTIES}}
