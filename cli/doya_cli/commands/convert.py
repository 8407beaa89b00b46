"""doya convert"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from doya_cli import models, options
from doya_cli.authors import (
    AuthorName,
    AuthorsCommand,
    author_missing,
    conversion_of,
    letters_of,
)
from doya_cli.sentences import listed
from doya_cli.usage import Argument

if TYPE_CHECKING:
    from doya import Conversion
    from doya.neurons import Neuron

EQUATIONS = {
    "flow": "dx/dt = -x + sigma(w x + b)",
    "map": "x' = (1 - epsilon) x + epsilon sigma(w x + b)",
}


@options.command(
    "convert pasemann gamma=0.5 theta=5 w=-50",
    "convert --w 5 --b -2.5 --dynamics map",
    python="doya.from_pascanu, doya.to_pascanu, and likewise for the other authors",
    cls=AuthorsCommand,
)
@click.argument("author", cls=Argument, type=AuthorName(), required=False, metavar="[AUTHOR]")
@click.argument("letters", cls=Argument, nargs=-1, metavar="[NAME=VALUE]...")
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
    """Convert one neuron to the parameters of other authors.

    Define the neuron by AUTHOR and the values of this author's parameters.  Or define it by
    the options, without AUTHOR.  If an author's equation cannot describe the neuron, the reason is
    shown.

    In the equations a', x' and y' are the values of a, x and y one step later.  Doya's time
    is t / tau.  Doya's epsilon is a step size, and Aihara's epsilon is another parameter: the width
    of the sigmoid.

    The AUTHOR that you name is shown with the values that you give.  Some parameters may be left
    out: the epsilon of tanh is then 1, the input of wilson-cowan is 0, and the tau of wilson-cowan
    and tanh-flow is 1.  The tau of beer must be given.  In a conversion to another author, Aihara's
    alpha is 1, Beer's theta is 0, Wilson and Cowan's a is 1 and theta is 0, and tau is 1.
    """
    if author and "=" in author:
        raise author_missing((author, *letters))
    for name in ("w", "b", "dynamics", "epsilon"):
        if author and ctx.get_parameter_source(name) != ParameterSource.DEFAULT:
            raise click.UsageError(f"{author} already defines the neuron: remove --{name}.")
    given = conversion_of(author, letters_of(author, letters)) if author else None
    neuron = given.neuron if given else models.neuron_of(dynamics, epsilon, w, b)

    from doya.conversions import AUTHORS
    from doya_cli.output import Answer, deliver

    doya = {"w": neuron.w, "b": neuron.b, **models.dynamics_parameters(neuron)}
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


def _every(
    neuron: Neuron, given: Conversion | None
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return the parameters by author, Doya first, and the reasons why others have none."""
    from doya.conversions import AUTHORS
    from doya.conversions.author import doya_parameters
    from doya.conversions.conversion import from_neuron

    found: dict[str, dict[str, Any]] = {"doya": doya_parameters(neuron)}
    reasons = {}
    for name in AUTHORS:
        try:
            own = given if given and given.author == name else from_neuron(AUTHORS[name], neuron)
            found[name] = dict(own.parameters)
        except ValueError as error:
            of_doya = "Doya's " * (getattr(error, "argument", "") in AUTHORS[name].needs)
            reasons[name] = f"{of_doya}{error}"
    return found, reasons


def _notices(neuron: Neuron, given: Conversion | None) -> list[str]:
    """Return a notice that few authors have a flow."""
    if given or neuron.dynamics == "map":
        return []
    from doya.conversions import AUTHORS

    flows = [each.called for each in AUTHORS.values() if each.neuron.dynamics == "flow"]
    verb = "is a flow" if len(flows) == 1 else "are flows"
    words = f"Among these authors only {listed(flows)} {verb}."
    return [f"{words} For the others, use --dynamics map."]


def _table(neuron: Neuron, found: dict[str, dict[str, Any]], reasons: dict[str, str]) -> str:
    """Return equations, with parameters as they are typed, or the reason why there are none."""
    from doya.conversions import AUTHORS
    from doya_cli.tables import table

    equations = {"doya": EQUATIONS[neuron.dynamics]}
    equations |= {name: each.equation for name, each in AUTHORS.items()}
    typed = {
        name: " ".join(f"{letter}={value}" for letter, value in each.items())
        for name, each in found.items()
    }
    below = {name: f"not possible: {reason}" for name, reason in reasons.items()} | typed
    rows = [
        row for name, equation in equations.items() for row in ([name, equation], ["", below[name]])
    ]
    return table(["author", "equation and parameters"], rows)
