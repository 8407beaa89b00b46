"""Commands that answer wrong usage with what was meant."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import click
from click.exceptions import NoSuchOption

from doya_cli.helps import Context
from doya_cli.suggestions import near
from doya_cli.values import NotANumber
from doya_cli.words import Occurrence, Words, occurrences

# Where a command's context keeps the sentences about values without effect, for its answer.
NOTICES = "doya.notices"
# The authors whom other commands take, by name: an error imports nothing of the library.
AUTHORS = ("pascanu", "pasemann", "aihara", "beer", "wilson-cowan", "tanh-flow", "tanh")
# Options about an input that another option defines, and the tasks whose inputs are 0.
OF_INPUT, STILL = ("input_weight", "input_to"), ("oscillate",)
# Where it keeps the words of its command line, for errors.
WORDS = "doya.words"


def notice(sentence: str) -> None:
    """Keep a sentence about a value without effect, for the answer of the running command."""
    click.get_current_context().meta.setdefault(NOTICES, []).append(sentence)


def options_as_given() -> dict[str, str]:
    """Return how the running command's options are written, by name; the input's as it is given."""
    context = click.get_current_context()
    by = next((name for name in ("pulses", "ramp") if context.params.get(name)), "")
    return {
        **{str(each.name): each.opts[0] for each in context.command.params},
        "u": {"pulses": "--pulse", "ramp": "--ramp"}.get(by, "--input"),
    }


def repeated(ctx: click.Context, word: str) -> str:
    """Return how an option takes several values, if the word follows one value, or nothing."""
    words = ctx.meta.get(WORDS, ())
    for name, value, after in zip(words, words[1:], words[2:], strict=False):
        option = next((each for each in ctx.command.params if name in each.opts), None)
        has_more = option is not None and _is_multiple(option) and option.nargs == 1
        if after == word and has_more and word not in AUTHORS:
            return f"repeat the option for several values: {name} {value} {name} {word}."
    return ""


class Argument(click.Argument):
    """An argument that errors name without the brackets and dots of its usage line."""

    def get_error_hint(self, ctx: click.Context | None) -> str:
        return f"'{(self.metavar or str(self.name).upper()).strip('[].')}'"


class Command(click.Command):
    """A command whose errors name the option, what was meant, and where its help is."""

    context_class = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # for completion
            return super().parse_args(ctx, args)
        given = list(occurrences(self, ctx, args))
        ctx.meta[WORDS] = list(args)
        self._check_complete(ctx, given)
        try:
            rest = super().parse_args(ctx, args)
        except NoSuchOption as error:
            raise click.UsageError(self._unknown(ctx, error.option_name), ctx) from None
        except NotANumber as error:
            own = [each for each in given if each.option is error.param]
            wrong = next((each for each in own if error.word in each.values), None)
            if wrong and isinstance(wrong.option, Words):
                sentence = f"{error.message} {wrong.sentence}"
                raise click.BadParameter(sentence, ctx, error.param) from None
            raise
        except click.BadOptionUsage as error:
            error.ctx = error.ctx or ctx
            raise
        if ctx.args:
            raise click.UsageError(self._superfluous(ctx), ctx)
        ctx.meta[NOTICES] = list(self._notices(ctx, given))
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def _check_complete(self, ctx: click.Context, given: Sequence[Occurrence]) -> None:
        """Raise if an option has too few words, before click takes the next option for one."""
        for each in given:
            if each.is_complete:
                continue
            if each.follower in ctx.help_option_names:
                click.echo(ctx.get_help(), color=ctx.color)
                ctx.exit()
            raise click.UsageError(each.sentence, ctx)

    def _names(self, ctx: click.Context) -> list[str]:
        names = [name for each in self.get_params(ctx) for name in each.opts if name[:2] == "--"]
        return [name[2:] for name in names if name != "--help"]

    def _unknown(self, ctx: click.Context, name: str) -> str:
        known = [*self._names(ctx), "help"]
        likely = " or ".join(f"--{each}" for each in near(name.lstrip("-"), known))
        return f"No such option {name!r}{f'; did you mean {likely}?' if likely else '.'}"

    def _superfluous(self, ctx: click.Context) -> str:
        """Return a sentence about words that belong to no option, as in `doya bifurcate w=5`."""
        first, *more = ctx.args
        if again := repeated(ctx, first):
            return f"{first!r} belongs to no option; {again}"
        name, _, value = first.partition("=")
        name, value = name.lstrip("-"), value or "".join(more[:1])
        if name in self._names(ctx) and value:
            return f"{first!r} belongs to no option; did you mean --{name} {value}?"
        if more and all("=" in word for word in more) and first in AUTHORS:
            return (
                f"doya {ctx.info_name} takes Doya's parameters only: doya convert"
                f" {' '.join(ctx.args)} lists them."
            )
        return f"{first!r} belongs to no option: doya {ctx.info_name} takes options only."

    def _notices(self, ctx: click.Context, given: Sequence[Occurrence]) -> Iterator[str]:
        """Yield a sentence about each value that does not count."""
        times = Counter(each.option for each in given if not _is_multiple(each.option))
        alone = [each.alone for each in self.params if isinstance(each, Words)]
        swept = ctx.params.get("over") or alone
        for option in dict.fromkeys(each.option for each in given):
            written, name = option.opts[0], str(option.name)
            if times[option] > 1:
                last = ctx.params[name]
                yield f"{written} is given {times[option]} times; only the last, {last}, is used."
            if name in swept:
                yield f"{written} has no effect, because {name} is swept."
            elif name in (ctx.params.get("animate") or ()):
                yield f"{written} has no effect, because {name} is animated."
        # A command that data hold gives each option, also at its default.
        idle = [
            each.option.opts[0]
            for each in given
            if each.option.name in OF_INPUT
            and ctx.params[each.option.name] != each.option.get_default(ctx)
        ]
        if idle and not _has_input(ctx.params):
            options = " and ".join(sorted({*idle}, reverse=True))
            verb = "have" if " and " in options else "has"
            yield f"{options} {verb} no effect, because there is no input u."
        yield from _idle_pulses(ctx.params)


def _is_multiple(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and parameter.multiple


def _has_input(given: dict[str, Any]) -> bool:
    """Return whether there is an input, or the weight of one is itself in question."""
    names = ("over", "animate", "learn", "wrt")
    asked = {name for option in names for name in given.get(option) or ()}
    task, noise = given.get("task"), given.get("noise")
    driven = any(given.get(name) for name in ("pulses", "ramp", "u"))
    return (
        driven or bool(asked & {"u", "input_weight"}) or task not in (None, *STILL) or bool(noise)
    )


def _idle_pulses(given: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence about each pulse, and about a ramp, that no state depends on."""
    t_end = given.get("t_end", math.inf)
    end = max(t_end) if isinstance(t_end, tuple) else math.inf if t_end is None else t_end
    is_map = given.get("dynamics") == "map"
    for start, stop, _ in given.get("pulses") or ():
        pulse = f"The pulse from {start:g} to {stop:g} has no effect"
        first = math.ceil(start) if is_map else start
        if first >= end:
            yield f"{pulse}: the run ends at T = {end:g}."
        elif first >= stop:
            yield f"{pulse}: the map reads the input at whole steps only."
    start, stop = (given.get("ramp") or (0.0, 0.0))[:2]
    if start and start >= end:
        yield f"The ramp from {start:g} to {stop:g} does not begin: the run ends at T = {end:g}."
