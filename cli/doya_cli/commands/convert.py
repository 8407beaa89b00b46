"""doya convert"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from doya_cli import options

if TYPE_CHECKING:
    from doya import Conversion
    from doya.neurons import Neuron

AUTHORS = ("pascanu", "pasemann", "aihara", "beer", "tanh")
EQUATIONS = {
    "flow": "dx/dt = -x + sigma(w x + b)",
    "map": "x' = (1 - epsilon) x + epsilon sigma(w x + b)",
}


@options.command(
    "convert pasemann gamma=0.5 theta=5 w=-50",
    "convert --w 5 --b -2.5 --dynamics map",
)
@click.argument("author", type=click.Choice(AUTHORS), required=False, metavar="[AUTHOR]")
@click.argument("letters", nargs=-1, metavar="[NAME=VALUE]...")
@options.weight_and_bias
@options.dynamics
@options.output_undrawn
@click.pass_context
def command(
    ctx: click.Context,
    /,
    author: str | None,
    letters: tuple[str, ...],
    w: float,
    b: float,
    dynamics: str,
    epsilon: float | None,
    **output: Any,
) -> None:
    """One neuron in every author's parameters.

    Or why an author has none like it.  AUTHOR and the letters of the author's equation say the
    neuron; without them the options do.

    \b
    pascanu   a' = w sigma(a) + b
    pasemann  a' = gamma a + theta + w sigma(a)
    aihara    y' = k y - alpha sigma(y / epsilon) + a
    beer      tau dy/dt = -y + w sigma(y + theta) + input
    tanh      a' = w tanh(a) + h

    A prime is one step later; Doya's time is Beer's t / tau.  AUTHOR is answered in the letters
    given; else Aihara's alpha is 1, Beer's theta 0 and tau 1.
    """
    for name in ("w", "b", "dynamics", "epsilon"):
        if author and ctx.get_parameter_source(name) != ParameterSource.DEFAULT:
            raise click.UsageError(f"{author} says the whole neuron: leave out --{name}.")
    given = _read(author, letters) if author else None
    neuron = given.neuron if given else options.neuron(dynamics, epsilon, w, b)

    from doya_cli.output import Answer, deliver

    doya = {"w": neuron.w, "b": neuron.b, **options.dynamics_parameters(neuron)}
    found, reasons = _every(neuron, given)
    rows = [(name, letter, value) for name, each in found.items() for letter, value in each.items()]
    answer = Answer(
        command="convert",
        parameters={"author": given.author, "letters": given.parameters} if given else doya,
        result={"doya": doya, **{name: found.get(name) for name in AUTHORS}, "reasons": reasons},
        table=_table(neuron, found, reasons),
        columns=dict(zip(("author", "parameter", "value"), zip(*rows, strict=True), strict=True)),
        arguments=("author", "letters"),
        notices=_notices(neuron, given),
    )
    deliver(answer, **output)


def _read(author: str, words: tuple[str, ...]) -> Conversion:
    """The neuron that the author's letters say, each NAME=VALUE once."""
    from doya.conversions.authors import AUTHORS as RECORDS
    from doya.conversions.conversion import from_letters

    names = list(RECORDS[author].letters)

    def wrong(problem: object) -> click.UsageError:
        return click.UsageError(f"{problem}; the letters of {author} are {', '.join(names)}.")

    letters: dict[str, float] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise wrong(f"{word!r} is not NAME=VALUE")
        if name not in names:
            raise wrong(f"{author} has no {name!r}")
        if name in letters:
            raise wrong(f"{name} is given twice")
        try:
            letters[name] = float(value)
        except ValueError:
            raise wrong(f"{name}: {value!r} is not a number") from None
    missing = [name for name in names if name not in letters]
    if missing:
        raise wrong(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    try:
        return from_letters(author, letters)
    except ValueError as error:
        raise wrong(error) from None


def _every(
    neuron: Neuron, given: Conversion | None
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The parameters by author, Doya first; and why others have none."""
    from doya.conversions.authors import doya_parameters
    from doya.conversions.conversion import from_neuron

    found: dict[str, dict[str, Any]] = {"doya": doya_parameters(neuron)}
    reasons = {}
    for name in AUTHORS:
        try:
            own = given if given and given.author == name else from_neuron(name, neuron)
            found[name] = dict(own.parameters)
        except ValueError as error:
            reasons[name] = str(error)
    return found, reasons


def _notices(neuron: Neuron, given: Conversion | None) -> list[str]:
    """A flow by default has but one other name."""
    if given or neuron.dynamics == "map":
        return []
    return ["A flow is Beer's neuron alone; --dynamics map asks about the others."]


def _table(neuron: Neuron, found: dict[str, dict[str, Any]], reasons: dict[str, str]) -> str:
    """Equation, and parameters as they may be typed again, or the reason why there are none."""
    from doya.conversions.authors import AUTHORS as RECORDS
    from doya_cli.tables import table

    equations = {"doya": EQUATIONS[neuron.dynamics]}
    equations |= {name: RECORDS[name].equation for name in AUTHORS}
    typed = {
        name: " ".join(f"{letter}={value}" for letter, value in each.items())
        for name, each in found.items()
    }
    below = {name: f"none: {reason}" for name, reason in reasons.items()} | typed
    rows = [
        row for name, equation in equations.items() for row in ([name, equation], ["", below[name]])
    ]
    return table(["author", "equation and parameters"], rows)
