"""Commands that answer wrong usage with what was meant."""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click
from click.exceptions import NoSuchOption

from doya_cli.values import NotANumber

# Words that other programs and papers use for doya's options.
SYNONYMS = {
    "weight": "w", "bias": "b", "eps": "epsilon", "leak": "epsilon", "input-file": "input",
    "lr": "learning-rate", "rate": "learning-rate", "eta": "learning-rate", "threshold": "clip",
    "time": "t-end", "t": "t-end", "start": "x0", "x": "x0", "dt": "step", "n": "points",
    "out": "output", "file": "output", "range": "over", "sweep": "over",
}  # fmt: skip


# Where a command's context keeps the sentences about values without effect, for its answer.
NOTICES = "doya.notices"


def in_options(words: str) -> str:
    """Return the library's sentences with options in place of its arguments."""
    words = re.sub(r"Raise max_steps[^,]*, s", "S", words)  # no option of the shell
    words = re.sub(r"\b([a-z]+)='(\w+)'", r"--\1 \2", words)
    words = re.sub(r"\b([Ss])et clip\b", r"\1et --clip", words)
    return re.sub(r"\b([a-z]+)_([a-z]+)\b", r"--\1-\2", words)


class Words(click.Option):
    """An option that takes several words, with an example of them for its errors."""

    def __init__(self, *names: Any, example: str, alone: str = "", **given: Any) -> None:
        super().__init__(*names, **given)
        self.example, self.alone = example, alone

    def sentence(self, args: Sequence[str]) -> str:
        """Return how many words the option takes, an example, and what was given."""
        option = self.opts[0]
        begin = max((k for k, word in enumerate(args) if word == option), default=len(args))
        given = [option]
        for word in args[begin + 1 : begin + 1 + self.nargs]:
            if word.startswith("--"):
                break
            given.append(word)
        got = f"; got {' '.join(given)}" if len(given) > 1 else ""
        words = f"{self.nargs} words, {self.metavar}, for example {option} {self.example}"
        return f"{option} takes {words}{got}."


class Command(click.Command):
    """A command whose errors name the option, what was meant, and where its help is."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = list(args)
        try:
            rest = super().parse_args(ctx, args)
        except NoSuchOption as error:
            raise click.UsageError(self._unknown(ctx, error.option_name), ctx) from None
        except NotANumber as error:
            if isinstance(error.param, Words):
                sentence = f"{error.message} {error.param.sentence(words)}"
                raise click.BadParameter(sentence, ctx, error.param) from None
            raise
        except click.BadOptionUsage as error:
            option = self._option(ctx, error.option_name)
            if isinstance(option, Words):
                raise click.UsageError(option.sentence(words), ctx) from None
            error.ctx = error.ctx or ctx
            raise
        if ctx.args and not ctx.resilient_parsing:
            raise click.UsageError(self._superfluous(ctx), ctx)
        if not ctx.resilient_parsing:
            ctx.meta[NOTICES] = list(self._notices(ctx, words))
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def _option(self, ctx: click.Context, name: str) -> click.Parameter | None:
        return next((each for each in self.get_params(ctx) if name in each.opts), None)

    def _names(self, ctx: click.Context) -> list[str]:
        names = [name for each in self.get_params(ctx) for name in each.opts if name[:2] == "--"]
        return [name for name in names if name != "--help"]

    def _unknown(self, ctx: click.Context, name: str) -> str:
        likely = " or ".join(near(name, self._names(ctx)))
        return f"No such option {name!r}{f'; did you mean {likely}?' if likely else '.'}"

    def _superfluous(self, ctx: click.Context) -> str:
        """Return a sentence about words that belong to no option, as in `doya bifurcate w=5`."""
        first, *more = ctx.args
        name, _, value = first.partition("=")
        option, value = f"--{name.lstrip('-')}", value or "".join(more[:1])
        if option in self._names(ctx) and value:
            return f"{first!r} belongs to no option; did you mean {option} {value}?"
        return f"{first!r} belongs to no option: doya {ctx.info_name} takes options only."

    def _notices(self, ctx: click.Context, args: list[str]) -> Iterator[str]:
        """Yield a sentence about each value that does not count."""
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        times = Counter(each.name for each in order if _is_single(each))
        given = {str(each.name): each.opts[0] for each in order}
        alone = [each.alone for each in self.params if isinstance(each, Words)]
        swept = ctx.params.get("over") or alone
        for name, option in given.items():
            if times[name] > 1:
                last = ctx.params[name]
                yield f"{option} is given {times[name]} times; only the last, {last}, is used."
            if name in swept:
                yield f"{option} has no effect, because {name} is swept."
            elif name in (ctx.params.get("animate") or ()):
                yield f"{option} has no effect, because {name} is animated."
        t_end = ctx.params.get("t_end", math.inf)
        end = max(t_end) if isinstance(t_end, tuple) else t_end
        for start, stop, _ in ctx.params.get("pulses") or ():
            if start >= end:
                pulse = f"{start:g} to {stop:g}"
                yield f"The pulse from {pulse} has no effect: the run ends at T = {end:g}."


def _is_single(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not (parameter.multiple or parameter.is_flag)


def near(name: str, known: Iterable[str]) -> list[str]:
    """Return the options that were probably meant, the nearest first."""
    return list(dict.fromkeys(_near(name.lstrip("-").lower().replace("_", "-"), list(known))))[:3]


def _near(bare: str, known: Sequence[str]) -> Iterator[str]:
    if f"--{bare}" in known:  # a dash was missing, or the letters were large
        yield f"--{bare}"
    elif f"--{SYNONYMS.get(bare)}" in known:
        yield f"--{SYNONYMS[bare]}"
    else:
        yield from (each for each in known if len(bare) > 1 and each.startswith(f"--{bare}"))
        yield from difflib.get_close_matches(f"--{bare}", known, n=3, cutoff=0.7)


def near_command(name: str, known: Iterable[str]) -> list[str]:
    """Return the command that was probably meant, or none."""
    return difflib.get_close_matches(name.lower(), list(known), n=1)
