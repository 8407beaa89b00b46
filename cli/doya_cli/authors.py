"""The authors on the command line: AUTHOR NAME=VALUE... in place of Doya's own parameters."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from doya_cli import values
from doya_cli.lines import is_number
from doya_cli.sentences import in_options, listed
from doya_cli.suggestions import did_you_mean
from doya_cli.usage import WORDS, Argument, Command, repeated
from doya_cli.words import Words

if TYPE_CHECKING:
    from doya import Conversion
    from doya.conversions.author import Author
    from doya.errors import ArgumentError

Function = TypeVar("Function", bound=Callable[..., Any])

# Letters that Doya's own options have too.
OPTIONS = {"w", "b", "epsilon"}
# How options are written that are no names of parameters.
OPTION_WORDS = {
    "over_u": "over u",
    "over_x0": "over x0",
    "teacher_forcing": "teacher-forcing",
    "forcing_every": "forcing-every",
}
# The parameters that a plane is over by default, as the option --over keeps them.
PLANE = "w b"
# Width of the list of authors: the longest equation on one line of a terminal.
WIDTH = 82


class AuthorName(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """One of the library's authors, who are imported when they are needed."""

    name = "author"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if "=" in str(value):  # a letter; the command says whose it may be
            return str(value)
        if ctx and (again := repeated(ctx, value)):
            raise click.UsageError(f"{value!r} belongs to no option; {again}", ctx)
        if ctx and f"--{value}" in [name for each in ctx.command.params for name in each.opts]:
            more = [word for word in ctx.meta.get(WORDS, ()) if is_number(word)]
            likely = f"; did you mean --{value} {more[0]}?" if more else "."
            raise click.UsageError(f"{value!r} belongs to no option{likely}", ctx)
        return _choice().convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return _choice().shell_complete(ctx, param, incomplete)


def _choice() -> values.Choice:
    from doya.conversions import AUTHORS

    return values.Choice(tuple(AUTHORS))


class AuthorsCommand(Command):
    """A command whose help lists the authors and their equations."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from doya.conversions import AUTHORS

        super().format_help_text(ctx, formatter)
        width, formatter.width = formatter.width, max(formatter.width, WIDTH)
        with formatter.section("Authors"):
            formatter.write_dl([(name, each.equation) for name, each in AUTHORS.items()])
        formatter.width = width


def author_missing(words: Sequence[str]) -> click.UsageError:
    """Return an error for letters without an author, with a command for one who has all of them."""
    from doya.conversions import AUTHORS

    given = {word.partition("=")[0] for word in words}
    having = [name for name, each in AUTHORS.items() if given <= {*each.letters}]
    begin = f"AUTHOR is missing before {words[0]!r}: write"
    if not having:
        authors = [f"{name} ({', '.join(each.letters)})" for name, each in AUTHORS.items()]
        return click.UsageError(f"{begin} one of {', '.join(authors)}.")
    example = " ".join([having[0], *words, *_rest(having[0], given)])
    more = f" ({listed(having[1:])} {_verb(having[1:])} these letters too)" if having[1:] else ""
    options = " ".join(f"--{word.replace('=', ' ')}" for word in words)
    context = click.get_current_context()
    more += f"; or write {options}" if given <= _options(context) else ""
    return click.UsageError(f"{begin} for example doya {context.info_name} {example}{more}.")


def _options(context: click.Context) -> set[str]:
    """Return the parameters that are options of the command; `regions` maps w and b itself."""
    return OPTIONS & {str(each.name) for each in context.command.params}


def _rest(author: str, given: Collection[str]) -> list[str]:
    """Return the letters that must still be given, with values that are allowed."""
    from doya.conversions import AUTHORS

    known = AUTHORS[author]
    values = {name: "1" if each.holds(1.0) else "0.5" for name, each in known.letters.items()}
    return [
        f"{name}={value}"
        for name, value in values.items()
        if name not in given and name not in known.defaults
    ]


def _verb(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"


def letters_of(author: str, words: Sequence[str], swept: Collection[str] = ()) -> dict[str, float]:
    """Return the letters that are given as NAME=VALUE, each once; raise if one is missing.

    Letters that are swept, and those with a default, may be left out.
    """
    from doya.conversions import AUTHORS

    names, defaults = list(AUTHORS[author].letters), AUTHORS[author].defaults
    letters: dict[str, float] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise wrong(author, f"{word!r} is not of the form NAME=VALUE")
        if name not in names:
            raise wrong(author, f"{author} has no letter {name!r}{did_you_mean(name, names)}")
        if name in letters:
            raise wrong(author, f"{name} is given twice")
        if not is_number(value):
            raise wrong(author, f"{name}: {values.not_a_number(value)[:-1]}")
        letters[name] = float(value)
    missing = [name for name in names if name not in {*letters, *defaults, *swept}]
    if missing:
        raise wrong(author, f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    return letters


def wrong(author: str, problem: object) -> click.UsageError:
    """Return an error about letters, with the letters that the author needs."""
    from doya.conversions import AUTHORS

    needed = [
        f"[{name}=NUMBER]" if name in AUTHORS[author].defaults else f"{name}=NUMBER"
        for name in AUTHORS[author].letters
    ]
    joint = " " if str(problem).endswith("?") else "; "
    return click.UsageError(f"{problem}{joint}{author} needs {' '.join(needed)}.")


def wrong_range(ctx: click.Context, error: ArgumentError) -> click.BadParameter | None:
    """Return an error about --over if the library's is about the range of a letter, or None."""
    author, swept = values.author_in(ctx), ctx.params.get("over") or {}
    if author is None or error.words.startswith("asks for"):  # --points
        return None
    words, index, _ = error.words.partition(" at index ")  # of a value that is in no command line
    is_compound = not error.argument.isidentifier()  # such as 4 w
    is_swept = error.argument in author.letters and error.argument in swept
    if not (is_swept or error.argument == "over" or (is_compound and swept and index)):
        return None
    first = "it" if error.argument == "over" else error.argument
    return click.BadParameter(f"{first} {in_options(words)}.", param_hint="'--over'")


def conversion_of(
    author: str, letters: dict[str, float], swept: Collection[str] = ()
) -> Conversion:
    """Return the neuron that the author's letters define; letters not given have their defaults.

    The values of the letters in `swept` are from --over.
    """
    from doya.conversions import AUTHORS
    from doya.conversions.conversion import from_letters
    from doya.errors import ArgumentError

    known = AUTHORS[author]
    every = {name: {**known.defaults, **letters}[name] for name in known.letters}
    try:
        return from_letters(known, every)
    except ArgumentError as error:
        if swept and error.argument not in letters.keys() - swept:
            raise click.BadParameter(f"{error}.", param_hint="'--over'") from None
        raise wrong(author, error) from None


def authored(function: Function) -> Function:
    """Add AUTHOR and NAME=VALUE...; `conversion` is the neuron that they define, or None.

    The help does not list the authors, since it imports nothing of the library.  A swept letter may
    be left out.  Letters take the place of Doya's options.
    """

    @functools.wraps(function)
    def read(*arguments: Any, author: str | None, letters: tuple[str, ...], **given: Any) -> Any:
        ctx = click.get_current_context()
        return function(*arguments, conversion=_read(ctx, author, letters), **given)

    named = click.argument(
        "author", cls=Argument, type=AuthorName(), required=False, metavar="[AUTHOR]", is_eager=True
    )
    valued = click.argument("letters", cls=Argument, nargs=-1, metavar="[NAME=VALUE]...")
    return named(valued(cast(Function, read)))


def _read(ctx: click.Context, author: str | None, words: tuple[str, ...]) -> Conversion | None:
    """Return the neuron in the author's letters; raise for an option that repeats them."""
    if author is None:
        return None
    if "=" in author:
        name, _, value = author.partition("=")
        if name.lstrip("-") in _options(ctx) and not words:
            raise click.UsageError(
                f"{author!r} belongs to no option; did you mean --{name} {value}, or {author} after"
                " the name of an AUTHOR?"
            )
        raise author_missing((author, *words))
    for name in ("w", "b", "dynamics", "epsilon"):
        source = ctx.get_parameter_source(name)
        if source not in (None, ParameterSource.DEFAULT):
            raise click.UsageError(f"{author} already defines the neuron: remove --{name}.")
    over = ctx.params.get("over") or {}
    known = _author(author)
    swept = set(over) & set(known.letters)
    alone = [each.alone for each in ctx.command.params if isinstance(each, Words) and each.alone]
    if alone and not over:
        swept = {known.drive}
    if PLANE in alone:
        swept |= {*plane_of(known)}
    letters = letters_of(author, words, swept)
    missing = swept - set(letters)
    for name in missing:
        low = over[name][0] if name in over else 0.0
        letters[name] = min(max(low, known.letters[name].ends[0]), known.letters[name].ends[1])
    return conversion_of(author, letters, missing & set(over))


def plane_of(author: Author) -> tuple[str, str]:
    """Return the letters that correspond to b and w."""
    return author.drive, next(name for name in ("w", "alpha") if name in author.letters)


def is_given(letter: str) -> bool:
    """Return whether the command line gives this letter a value."""
    words = click.get_current_context().params.get("letters") or ()
    return any(word.partition("=")[0] == letter for word in words)


def _author(name: str) -> Author:
    from doya.conversions import AUTHORS

    return AUTHORS[name]


def swept_by_default(conversion: Conversion | None) -> str:
    """Return the parameter that is swept without --over: b, or the author's own drive."""
    return "b" if conversion is None else _author(conversion.author).drive


def learned_by_default(conversion: Conversion | None) -> tuple[str, str]:
    """Return the parameters that learn a task without --learn: b and w, or the author's."""
    return ("b", "w") if conversion is None else plane_of(_author(conversion.author))


def swept_alone(
    over: Mapping[str, tuple[float, float]], conversion: Conversion | None
) -> tuple[str, tuple[float, float] | None]:
    """Return the one parameter that is swept, and its range if --over gives one."""
    if len(over) > 1:
        raise click.UsageError("--over sweeps one parameter: give it once.")
    return next(iter(over.items()), (swept_by_default(conversion), None))


def require_plain(conversion: Conversion | None, *, or_task: bool = False, **given: Any) -> None:
    """Refuse options, by name and whether they are given, that need Doya's parameters, or a task.

    An author's flow has no task.
    """
    options = [f"--{OPTION_WORDS.get(name, name)}" for name, is_given in given.items() if is_given]
    if conversion is not None and options:
        verb = "needs" if len(options) == 1 else "need"
        needed, remedy = "Doya's parameters", "remove AUTHOR and its letters"
        if or_task and conversion.neuron.dynamics == "map":
            # A teacher moves no state of latch, whose targets are at the end.
            task = "delay" if given.get("teacher_forcing") else "latch"
            needed, remedy = f"{needed} or a task", f"{remedy}, or add --task {task}"
        raise click.UsageError(f"{listed(options)} {verb} {needed}: {remedy}.")


def variable(conversion: Conversion | None) -> str:
    """Return the name of the state: x, or the author's."""
    return "x" if conversion is None else _author(conversion.author).variable
