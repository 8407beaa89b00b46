"""The library's sentences, in the words of the shell."""

from __future__ import annotations

import re
from collections.abc import Sequence

# What only Python has, and what the shell has in its place.
ONLY_IN_PYTHON = (
    (r"Raise max_steps[^,]*, s", "S"),
    (r", (or give|for which) a function u\(t\) (is given )?as a Table", ""),
    (r"\bopen_sweep\(path\)\.go_on\(\)", "doya sweep STORE"),
    (r"\b([Uu])se simulate\b", r"\1se doya simulate"),
    (r"\ban input u\b", "an input"),
    (r"^t must be a time\b", "--t-end must be a time"),
    (r"\buse a NeuronMap\b|\bset dynamics to map\b", "add --dynamics map"),
    (r"\bset the task too\b", "add --task latch"),
    (r"\ba NeuronMap\b", "--dynamics map"),
    (
        r"must not be a Ramp here: give a staircase of its values as a Table",
        "cannot be used here: use --pulse for each step of a staircase",
    ),
    (r"\ba Ramp\b", "--ramp"),
    (r"\ba NeuronODE\b", "--dynamics flow"),
)
# An argument with its value, and an argument of several words.
GIVEN = re.compile(r"(?:--)?\b(\w+)=(?:True\b|'(\w+)'|([-+.\d]+\b))")
NAMED = re.compile(  # but a value stays
    r"(?<!-)\b(?:clip|momentum|(?!input_weight = )[a-z]+(?:_[a-z]+)+)\b"
)
# A list of what can be chosen, and what is in quotes: these are values, which name no options.
CHOICES = re.compile(r"(must be among .*?, got|'[^']*')")


def in_options(words: str) -> str:
    """Return the library's sentences with options in place of its arguments."""
    for pattern, replacement in ONLY_IN_PYTHON:
        words = re.sub(pattern, replacement, words)
    words = GIVEN.sub(lambda found: " ".join(_words(*found.groups())), words)
    return "".join(
        part if CHOICES.fullmatch(part) else NAMED.sub(lambda found: option_of(found[0]), part)
        for part in CHOICES.split(words)
    )


def _words(argument: str, *value: str | None) -> list[str]:
    return [option_of(argument), *filter(None, value)]


def listed(words: Sequence[str]) -> str:
    """Return words with commas between them, and "and" before the last."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def option_of(argument: str) -> str:
    """Return the option for an argument of the library."""
    return f"--{argument.replace('_', '-')}"


def subject(argument: str, option: str) -> str:
    """Return the argument as the subject of an error that names the option, where names differ."""
    return argument if option == f"--{argument}" else "it"
