"""doya convert"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from doya_cli import options, values
from doya_cli.lines import is_number
from doya_cli.sentences import listed
from doya_cli.suggestions import did_you_mean
from doya_cli.usage import Argument, Command

if TYPE_CHECKING:
    from doya import Conversion
    from doya.neurons import Neuron

EQUATIONS = {
    "flow": "dx/dt = -x + sigma(w x + b)",
    "map": "x' = (1 - epsilon) x + epsilon sigma(w x + b)",
}


# Letters that Doya's own options have too.
OPTIONS = {"w", "b", "epsilon"}


class AuthorName(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """One of the library's authors, who are imported when they are needed."""

    name = "author"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if "=" in str(value):  # a letter; the command says whose it may be
            return str(value)
        return _choice().convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return _choice().shell_complete(ctx, param, incomplete)


def _choice() -> values.Choice:
    from doya.conversions import AUTHORS

    return values.Choice(tuple(AUTHORS))


class ConvertCommand(Command):
    """A command whose help lists the authors and their equations."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from doya.conversions import AUTHORS

        super().format_help_text(ctx, formatter)
        with formatter.section("Authors"):
            formatter.write_dl([(name, each.equation) for name, each in AUTHORS.items()])


@options.command(
    "convert pasemann gamma=0.5 theta=5 w=-50",
    "convert --w 5 --b -2.5 --dynamics map",
    cls=ConvertCommand,
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

    Define the neuron by AUTHOR and the values of all parameters of this author.  Or define it by
    the options, without AUTHOR.  If an author's equation cannot describe the neuron, the reason is
    shown.

    In the equations a' and y' are the values of a and y one step later.  Doya's time is Beer's
    t / tau.  Doya's epsilon is a step size, and Aihara's epsilon is another parameter: the width of
    the sigmoid.

    Your own AUTHOR is shown with the values that you give.  In a conversion to another author,
    Aihara's alpha is 1, Beer's theta is 0, and Beer's tau is 1.
    """
    if author and "=" in author:
        raise _author_missing((author, *letters))
    for name in ("w", "b", "dynamics", "epsilon"):
        if author and ctx.get_parameter_source(name) != ParameterSource.DEFAULT:
            raise click.UsageError(f"{author} already defines the neuron: remove --{name}.")
    given = _read(author, letters) if author else None
    neuron = given.neuron if given else options.neuron(dynamics, epsilon, w, b)

    from doya.conversions import AUTHORS
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


def _author_missing(words: tuple[str, ...]) -> click.UsageError:
    """Return an error for letters without an author: it lists those who have all of them."""
    from doya.conversions import AUTHORS

    given = {word.partition("=")[0] for word in words}
    having = [name for name, each in AUTHORS.items() if given <= {*each.letters}]
    authors = [f"{name} ({', '.join(AUTHORS[name].letters)})" for name in having or AUTHORS]
    options = " ".join(f"--{word.replace('=', ' ')}" for word in words)
    more = f"; or write {options}" if given <= OPTIONS else ""
    several = "one of " * (len(authors) > 1)
    return click.UsageError(
        f"AUTHOR is missing before {words[0]!r}: write {several}{', '.join(authors)}{more}."
    )


def _read(author: str, words: tuple[str, ...]) -> Conversion:
    """Return the neuron that the author's letters define, each given once as NAME=VALUE."""
    from doya.conversions import AUTHORS
    from doya.conversions.conversion import from_letters

    names = list(AUTHORS[author].letters)

    def wrong(problem: object) -> click.UsageError:
        words = f"{author} needs {' '.join(f'{name}=NUMBER' for name in names)}."
        joint = " " if str(problem).endswith("?") else "; "
        return click.UsageError(f"{problem}{joint}{words}")

    letters: dict[str, float] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise wrong(f"{word!r} is not of the form NAME=VALUE")
        if name not in names:
            raise wrong(f"{author} has no letter {name!r}{did_you_mean(name, names)}")
        if name in letters:
            raise wrong(f"{name} is given twice")
        if not is_number(value):
            raise wrong(f"{name}: {values.not_a_number(value)[:-1]}")
        letters[name] = float(value)
    missing = [name for name in names if name not in letters]
    if missing:
        raise wrong(f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    try:
        return from_letters(AUTHORS[author], letters)
    except ValueError as error:
        raise wrong(error) from None


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
            reasons[name] = str(error)
    return found, reasons


def _notices(neuron: Neuron, given: Conversion | None) -> list[str]:
    """Return a notice that few authors have a flow."""
    if given or neuron.dynamics == "map":
        return []
    from doya.conversions import AUTHORS

    flows = [each.called for each in AUTHORS.values() if each.neuron.dynamics == "flow"]
    verb = "is a flow" if len(flows) == 1 else "are flows"
    words = f"Among these authors only {' and '.join(flows)} {verb}."
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
