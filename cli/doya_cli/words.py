"""The words of a command line that belong to each of its options, before they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import click

from doya_cli.lines import is_number


class Words(click.Option):
    """An option that takes several words, with an example of them for its errors."""

    def __init__(self, *names: Any, example: str, alone: str = "", **given: Any) -> None:
        super().__init__(*names, **given)
        self.example, self.alone = example, alone


class Occurrence(NamedTuple):
    """An option on the command line: how it is written, its values, and the word after them."""

    option: click.Parameter
    written: str
    values: list[str]
    follower: str | None

    @property
    def is_complete(self) -> bool:
        return len(self.values) == self.option.nargs

    @property
    def sentence(self) -> str:
        """Return which words the option takes, which were given, and which are missing."""
        metavar = self.option.metavar or self.option.type.name.upper()
        if not isinstance(self.option, Words):
            found = f"the option {self.follower} follows" if self.follower else "none follows"
            default = self.option.default
            usual = default[0] if isinstance(default, (list, tuple)) and default else default
            given = isinstance(usual, (str, int, float))
            example = f", for example {self.written} {usual}" if given else ""
            return f"{self.written} needs {_needed(self.option, metavar)}{example}, but {found}."
        example = f"{self.written} {self.option.example}"
        words = f"{self.written} takes {self.option.nargs} values, {metavar}, for example {example}"
        words += f"; got {' '.join([self.written, *self.values])}"
        apart = self._apart()
        if apart:
            return f"{words}: write {apart}."
        *several, last = metavar.split()[len(self.values) :] or [""]
        if several:
            return f"{words}: {', '.join(several)} and {last} are missing."
        return f"{words}: {last} is missing." if last else f"{words}."

    def _apart(self) -> str:
        """Return the option as it is meant where its last value is two numbers joined by dots."""
        low, dots, high = self.values[-1].partition("..") if self.values else ("", "", "")
        joined = bool(dots) and is_number(low) and is_number(high.lstrip("."))
        return " ".join([self.written, *self.values[:-1], low, high.lstrip(".")]) if joined else ""


def _needed(option: click.Parameter, metavar: str) -> str:
    """Return the kind of value that an option needs."""
    if isinstance(option.type, click.Choice):
        return " or ".join(map(str, option.type.choices))
    words = getattr(option.type, "words", "a number" if metavar == "NUMBER" else "")
    return words or f"a value, {metavar}"


def occurrences(
    command: click.Command, ctx: click.Context, args: Sequence[str]
) -> Iterator[Occurrence]:
    """Yield the options on a command line, in their order, with the words that are theirs."""
    known = {name: each for each in command.get_params(ctx) for name in each.opts}
    words = list(args)
    while words:
        written, equals, value = words.pop(0).partition("=")
        if written == "--":
            return
        option = known.get(written)
        if option is None or getattr(option, "is_flag", False):
            continue
        values = [value] if equals else []
        while words and len(values) < option.nargs and not _is_option(words[0], known):
            values.append(words.pop(0))
        yield Occurrence(option, written, values, words[0] if words else None)


def _is_option(word: str, known: Any) -> bool:
    """Return whether a word begins an option, known or not; numbers and - do not."""
    return word.partition("=")[0] in known or re.match("--[a-zA-Z]", word) is not None
