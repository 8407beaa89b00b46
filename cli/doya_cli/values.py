"""The types of options: numbers, ranges, pulses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from doya_cli.lines import is_number
from doya_cli.sentences import subject
from doya_cli.suggestions import did_you_mean

if TYPE_CHECKING:
    from doya.conversions.author import Author

# The minus sign and the dash.
DASHES = (0x2212, 0x2013)
# Signs that word processors, and matplotlib's pictures, write for a minus; marks that other
# countries write for the decimal point; and what only Python's own source may put between digits.
WRITTEN_OTHERWISE = str.maketrans({"\u2212": "-", "\u2013": "-", ",": ".", "\u066b": ".", "_": ""})


class NotANumber(click.BadParameter):
    """A word that is no number where one is needed."""

    def __init__(self, word: str, *given: Any) -> None:
        super().__init__(not_a_number(word), *given)
        self.word = word


def not_a_number(word: str) -> str:
    """Return a sentence about a word that is no number, and how to write the one that is meant."""
    meant = word.translate(WRITTEN_OTHERWISE)
    if not is_number(meant):
        return f"{word!r} is not a number."
    if ord(word[0]) in DASHES:  # it looks like a hyphen
        code = f"U+{ord(word[0]):04X}"
        instead = f"not with the minus of the keyboard: write {meant}."
        return f"{word!r} begins with the character {code}, {instead}"
    return f"{word!r} is not a number; write {meant}."


class Number(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4
    """A number as every program writes it: no decimal comma, underscore or Unicode minus."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if not is_number(str(value)):
            raise NotANumber(str(value), ctx, param)
        return float(value)


class NumberOrWord(Number):
    """A number, or one word instead."""

    def __init__(self, word: str) -> None:
        self.word = word

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == self.word:
            return value
        if not is_number(str(value)) and any(each.isalpha() for each in str(value)):
            self.fail(f"{value!r} is neither a number nor {self.word!r}.", param, ctx)
        return super().convert(value, param, ctx)


class Parameter(Number):
    """A number that a neuron accepts for one of its parameters, in the library's own words."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = super().convert(value, param, ctx)
        from doya.checks import checked
        from doya.errors import ArgumentError

        try:
            checked(self.parameter, number)
        except ArgumentError as error:
            name = self.parameter
            if param and param.nargs == 1:  # an option of several words needs the name
                name = subject(name, param.opts[0])
            self.fail(f"{name} {error.words}.", param, ctx)
        return number


class Choice(click.Choice):  # type: ignore[type-arg]
    """One of several names; for another, the nearest ones are suggested."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        names = list(map(str, self.choices))
        if value not in names:
            listed = ", ".join(map(repr, names))
            if "epsilon" in names and _has_flow(ctx):
                listed += " (epsilon only with --dynamics map)"
            likely = did_you_mean(str(value), names)
            self.fail(f"{value!r} is not one of {listed}{likely or '.'}", param, ctx)
        return str(value)


class OfAuthor(Choice):
    """One of several names in Doya's parameters, or with AUTHOR one of other names."""

    def names(self, author: Author) -> Sequence[str]:
        """Return the names with this author: the letters."""
        return [*author.letters]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        author = author_in(ctx)
        if author is None:
            return super().convert(value, param, ctx)
        return Choice(self.names(author)).convert(value, param, ctx)


class SweptName(OfAuthor):
    """One of several parameters; with AUTHOR a letter, or one of `besides` that is a choice.

    With `lines`, letters that move no line are not listed among the choices: the command says why
    it refuses them, and so it does for u and x0.
    """

    def __init__(
        self, names: Sequence[str], besides: Sequence[str] = ("u", "x0"), lines: bool = False
    ) -> None:
        super().__init__(names)
        self._besides, self._lines = besides, lines

    def names(self, author: Author) -> Sequence[str]:
        from doya.conversions.author import Move

        no_line = (Move.CURVE, Move.TIME) if self._lines else ()
        letters = [name for name in super().names(author) if author.moves[name] not in no_line]
        return [*letters, *(name for name in self._besides if name in self.choices)]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        author = author_in(ctx)
        if author and (value in author.letters or value in {"u", "x0"} & {*self.choices}):
            return str(value)
        return super().convert(value, param, ctx)


class Learned(OfAuthor):
    """One of several parameters; with AUTHOR a letter of that author, but no unit of time.

    Inputs of a task keep their names.
    """

    def __init__(self, names: Sequence[str], inputs: Sequence[str]) -> None:
        super().__init__((*names, *inputs))
        self._inputs = inputs

    def names(self, author: Author) -> Sequence[str]:
        own = [name for name in super().names(author) if name != author.time_unit]
        return [*own, *self._inputs]


class Name(OfAuthor):
    """One of several parameters; with AUTHOR a letter of that author, or x0."""

    def names(self, author: Author) -> Sequence[str]:
        return [*super().names(author), "x0"]


def author_in(ctx: click.Context | None) -> Author | None:
    """Return the author that the command line names, which is read before the options."""
    name = ctx.params.get("author") if ctx else None
    if not isinstance(name, str) or "=" in name:
        return None
    from doya.conversions import AUTHORS

    return AUTHORS[name]


def _has_flow(ctx: click.Context | None) -> bool:
    """Return whether the command is for the flow by default."""
    parameters = ctx.command.params if ctx else []
    if author_in(ctx):
        return False
    return any(each.name == "dynamics" and each.default == "flow" for each in parameters)


class Count(click.ParamType):  # type: ignore[type-arg]
    """A whole number within a range."""

    name = "n"

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    @property
    def words(self) -> str:
        return f"a whole number from {self.least} to {self.most}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(str(value)) if is_number(str(value)) else self.least - 1
        except ValueError:  # 2.5, or more digits than Python reads
            number = self.least - 1
        if not self.least <= number <= self.most:
            self.fail(f"it must be {self.words}, got {value}.", param, ctx)
        return number


def number_or_path(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Return the number, or else the path of a file."""
    if value is None:
        return None
    if is_number(value):
        return Parameter("u").convert(value, param, ctx)
    if is_number(value.translate(WRITTEN_OTHERWISE)) and not os.path.lexists(value):
        raise click.BadParameter(f"{not_a_number(value)[:-1]}. No file has this name either.")
    return value


def checked_pulses(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Return the pulses, each with START < STOP and an amplitude that an input may have."""
    from doya import Pulses

    try:
        Pulses(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None
    for _, _, amplitude in value:
        Parameter("amplitude").convert(amplitude, param, ctx)
    return value


def checked_ramp(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Return the ramp, with START < STOP and two inputs, or None."""
    from doya import Ramp

    if value is None:
        return None
    for name, number in zip(("LOW", "HIGH"), value[2:], strict=True):
        Parameter(name).convert(number, param, ctx)
    try:
        Ramp(*value)
    except ValueError as error:
        argument, _, words = str(error).partition(" ")
        raise click.BadParameter(f"{argument.upper()} {words}.") from None
    return value


def _check_letter(
    author: Author, name: str, end: float, param: click.Parameter, ctx: click.Context
) -> None:
    """Raise unless the letter may have this value, or the limit 1 of gamma and k."""
    allowed = author.letters[name]
    is_limit = end == 1.0 and 0.5 < allowed.ends[1] < 1.0
    if not allowed.holds(end) and not is_limit:
        raise click.BadParameter(f"{name} must be {allowed.words_for(end)}, got {end}.", ctx, param)


def checked_ranges(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Return the ranges by name, each with LOW < HIGH, both allowed for the parameter.

    A number of values that follows them is kept.
    """
    ranges: dict[str, tuple[Any, ...]] = {}
    author = author_in(ctx) if param.name == "over" else None
    for name, low, high, *more in value:
        for end in (low, high):
            if author is None or name not in author.letters:
                Parameter(name).convert(end, param, ctx)
            else:
                _check_letter(author, name, end, param, ctx)
        if not low < high:
            given, other = (str(end).removesuffix(".0") for end in (low, high))
            words = f"{name} needs LOW < HIGH, got {given} and {other}"
            turned = " ".join([param.opts[0], name, other, given, *map(str, more)])
            remedy = f": write {turned}" if high < low else ""
            raise click.BadParameter(f"{words}{remedy}.")
        if name in ranges:
            raise click.BadParameter(f"{name} is given twice; give each parameter once.")
        ranges[name] = (low, high, *more)
    return ranges
