"""Command lines drawn by Hypothesis from what the commands say of their own options.

What an option takes is read off its type, and where that is a string off its metavar, so that a
new option is drawn without being listed here.
"""

from __future__ import annotations

import itertools
import math

import click
from hypothesis import strategies as st

from doya.conversions import AUTHORS
from doya.sweeps.quantities import QUANTITIES
from doya_cli import options, values
from doya_cli.main import main

# Numbers with which every command has little to do.
FEW = ("0.5", "0.1", "1", "0.25", "0.9", "-2.5", "5", "3", "10", "-10")
TAME = st.sampled_from(FEW)
WILD = st.sampled_from(
    [
        *("0", "-0.0", "-1", "1e-320", "1e-100", "1e-16", "1.0000000000000002", "7.5"),
        *("700", "-700", "1e6", "-1e6", "1e16", "1e100", "-1e100", "1e101", "1e308", "-1e308"),
        *("inf", "-inf", "nan", "1e400", "9" * 400, "-" + "9" * 5000),
    ]
)
WORDS = st.sampled_from(
    ["", " ", "-", "--", "five", "0x10", "1_000", "½", "٣", "ε = 1", "a\nb", "\udcff", "'", "%s{}"]
)
STRANGE = st.sampled_from(["--colour", "-x", "--w=", "---", "extra", "ε", "--no-json", "--", ""])

# Files to read, each described where it is made; a good one may still be of the wrong kind.
GOOD_INPUTS = ("u.csv", "one u a step.csv", "matrix.csv", "matrix.npy", "ε\n\x1b\udcff.csv")
BAD_INPUTS = (
    *("empty.csv", "empty.npy", "binary.csv", "binary.npy", "words.csv", "wide.csv", "nan.csv"),
    *("latin.csv", "quotes.csv", "objects.npy", "huge.npy", "cut.npy", "folder.csv", "folder.npy"),
    *("missing.csv", "missing/u.csv", "u.csv/u.csv", "a" * 300 + ".csv"),
)
# Files to write: new, there already, a folder, a link, a full disk, or in a place that is none.
STEMS = st.sampled_from(
    [
        *("a", "b", "./a", "a.b", ".hidden", "ε and blanks", "\n\x1b\udcff", "a" * 250),
        *("there", "link", "loop", "folder/a", "folder", "read-only", "shut/a", "full"),
        *("missing/a", "there.csv/a", "a" * 300),
    ]
)
SUFFIXES = st.sampled_from([*3 * options.DATA_SUFFIXES, *options.FIGURE_SUFFIXES, ".CSV", ".gif"])
WRONG_SUFFIXES = st.sampled_from(["", ".", ".bmp", ".csv ", ".npy", "csv", "/"])
FOLDERS = st.sampled_from(
    [
        *("new", "new/and deep", "folder", "ε\n\x1b\udcff", ".", "folder/..", "a" * 250),
        *("there.png", "there.png/new", "loop.csv", "shut", "shut/new", "a" * 300, "taken"),
    ]
)


def _joined(*parts):
    return st.builds("".join, st.tuples(*parts))


def _inputs(names):
    return st.sampled_from(names).map("../inputs/{}".format)


def _letters(numbers, authors=tuple(AUTHORS)):
    """Every letter of an author's equation."""
    names = st.sampled_from([list(AUTHORS[each].letters) for each in authors])
    return names.flatmap(
        lambda some: st.tuples(*(_joined(st.just(f"{name}="), numbers) for name in some))
    ).map(list)


def _word(strategy):
    return strategy.map(lambda word: [word])


# Options in whose place an author's letters are.
OF_DOYA = ("w", "b", "dynamics", "epsilon")
# Options that get only a sentence about what is missing without another, which is drawn before
# them, and the value that it must have if not any.
NEEDS = {
    "letters": ("author", None),
    "nesterov": ("momentum", None),
    "epsilon": ("dynamics", "map"),
    "task": ("dynamics", "map"),
    **dict.fromkeys(("sequences", "length", "noise", "seed"), ("task", None)),
}
# Settings of the quantities of a sweep, each of some of them only.
SETTINGS = {name for each in QUANTITIES.values() for name in each.settings}
# All of these define the input, so at most one is meant.
INPUTS = {"pulses", "ramp", "u"}
# Without one of these, the other gets such a sentence too.
TOGETHER = {"over", "quantities"}

# Of strings, by their metavar, or by their name where a metavar has two meanings: what they are
# meant to be, and what they are not.
STRINGS = {
    "PATH": (
        _word(st.just("-") | _joined(STEMS, SUFFIXES)),
        _word(_joined(STEMS, WRONG_SUFFIXES)),
    ),
    "FOLDER": (_word(FOLDERS), _word(FOLDERS)),
    "FILE": (_word(_inputs(GOOD_INPUTS)), _word(_inputs(BAD_INPUTS))),
    "STORE": (
        _word(_joined(STEMS, st.just(".zarr"))),
        _word(_joined(STEMS, WRONG_SUFFIXES)),
    ),
    "K/N": (
        _word(st.sampled_from(["1/1", "1/2", "2/2", "3/7"])),
        _word(st.sampled_from(["0/1", "2/1", "1", "/", "1/2/3", "-1/2", "1.0/2"]) | WORDS),
    ),
    "ADDRESS": (
        _word(st.just("tcp://127.0.0.1:1")),
        _word(st.sampled_from(["127.0.0.1", "tcp://", "http://127.0.0.1:1"]) | WORDS),
    ),
    "notebook": (_word(_joined(STEMS, st.just(".ipynb"))), _word(_joined(STEMS, WRONG_SUFFIXES))),
    "NUMBER|FILE": (_word(_inputs(GOOD_INPUTS) | TAME), _word(_inputs(BAD_INPUTS) | WILD)),
    "WIDTHxHEIGHT": (
        _word(st.sampled_from(["40x60mm", "85.5x60mm", "320x240px", "200X300PX"])),
        _word(st.sampled_from(["85x60", "85", "10x10mm", "1e3x60mm", "85x60in", "200.5x300px"])),
    ),
    "light|dark|FILE": (
        _word(st.sampled_from(["light", "dark"])),
        _word(st.sampled_from(["Dark", "missing.mplstyle", "folder"]) | _inputs(BAD_INPUTS)),
    ),
    "[NAME=VALUE]...": (_letters(TAME), _letters(WILD | WORDS)),
}


def parameters(command):
    """Options and arguments of a command, `--help` too."""
    return command.get_params(click.Context(command))


def command_named(name):
    return main.get_command(click.Context(main), name)


@st.composite
def command_lines(draw, command, always):
    """One option always and others now and then, as they are meant, or in some lines as not.

    The simplest line has that option and --json.
    """
    # A picture, which is drawn where nothing else is asked for, takes its time.
    words = draw(st.sampled_from([["--json"], ["--json"], []]))
    words = words if any(each.name == "as_json" for each in parameters(command)) else []
    share = draw(st.sampled_from([1, 2, 4]))
    troubles = draw(st.sampled_from([0, 0, 0, 1, 4]))

    def chance(eighths):
        return draw(st.integers(0, 7)) >= 8 - eighths

    drawn, names = {}, {each.name for each in parameters(command)}
    for parameter in parameters(command):
        name, author = parameter.name, drawn.get("author", [None])[-1]
        is_given = name == always or _asks_for_much(parameter)
        if parameter.required or _is_asked_for(name, always, drawn, names):
            is_given |= not chance(troubles)
        is_hopeless = (
            (author and name in OF_DOYA)
            or name in drawn.get("over", ())
            or (name in INPUTS and INPUTS & {*drawn, always} - {name})
            or _lacks(name, drawn, names)
        )
        if not is_given and (
            (is_hopeless and not chance(troubles)) or not chance(1 if parameter.is_eager else share)
        ):
            continue
        several = getattr(parameter, "multiple", False) or (chance(troubles) and chance(1))
        drawn[name] = []
        for _ in range(draw(st.integers(1, 3)) if several else 1):
            meant, other = _values_of(parameter)
            fitting = _fitting(name, always, drawn)
            if name == "letters" and author in AUTHORS:
                meant = _letters(TAME, (author,))
            elif fitting:
                meant = _word(st.sampled_from(fitting))
            value = draw(other if chance(troubles) else meant)
            # Of the ranges of one parameter there can be one.
            if len(value) > 1 and value[0] in drawn[name] and not chance(troubles):
                continue
            drawn[name] += value[:1]
            words = [*words, *_said(parameter, value, joined=chance(2))]
    if chance(troubles):
        place = draw(st.integers(0, len(words)))
        words = [*words[:place], draw(STRANGE), *words[place:]]
    if chance(troubles) and chance(2):
        words = words[:-1]
    return words


def _is_asked_for(name, always, drawn, names):
    """By what else is given."""
    if name == "letters":
        return "author" in drawn
    if name == NEEDS.get(always, ("",))[0]:
        return True
    return name in TOGETHER <= names


def _lacks(name, drawn, names):
    """Whether another option that it needs is not there, or has another value."""
    needed, value = NEEDS.get(name, ("", None))
    if needed in names and (needed not in drawn or (value and value not in drawn[needed])):
        return True
    settings = [
        QUANTITIES[each].settings for each in drawn.get("quantities", ()) if each in QUANTITIES
    ]
    return bool(settings) and name in SETTINGS and not any(name in each for each in settings)


def _fitting(name, always, drawn):
    """Return the words of a name that go with what is drawn, or none if any word does."""
    if name == NEEDS.get(always, ("",))[0] and NEEDS[always][1]:
        return [NEEDS[always][1]]
    if name == "log":
        return drawn.get("over", [])
    if name == "quantities":
        is_map = drawn.get("dynamics") == ["map"]
        return [
            each
            for each, quantity in QUANTITIES.items()
            if {*drawn.get("over", ())} <= {*quantity.axes} and (is_map or not quantity.for_map)
        ]
    return []


def _asks_for_much(parameter):
    """Where it is left out."""
    default = parameter.default
    return isinstance(parameter.type, values.Count) and isinstance(default, int) and default > 20


def _said(parameter, value, joined):
    """--name value, or --name=value."""
    if isinstance(parameter, click.Argument):
        return value
    name = parameter.opts[-1]
    return [f"{name}={value[0]}"] if joined and len(value) == 1 else [name, *value]


def _values_of(parameter):
    """Strategies of lists of words: what it is meant to take, and what it is not."""
    if getattr(parameter, "is_flag", False):
        return st.just([]), st.just([])
    return _values_of_type(parameter.type, parameter)


def _values_of_type(kind, parameter):
    if isinstance(kind, click.Tuple):
        parts = [_values_of_type(each, parameter) for each in kind.types]
        least = 0.0 if parameter.metavar.startswith("START STOP") else -math.inf
        meant = st.tuples(*(part[0] for part in parts)).map(_ascending)
        meant = meant.filter(lambda words: _is_range(words, least))
        other = st.tuples(*(st.one_of(part) for part in parts)).map(_chained)
        return meant, other | other.map(lambda words: words[:-1])
    if isinstance(kind, click.types.StringParamType):
        meant, other = STRINGS.get(parameter.name) or STRINGS[parameter.metavar]
        return meant, other | _word(WORDS)
    if isinstance(kind, values.Count):
        meant = st.integers(kind.least, kind.least + 8).map(str)
        beyond = st.sampled_from([kind.least - 1, kind.most + 1, 2**63, -(2**63)]).map(str)
        return _word(meant), _word(beyond | WILD | WORDS)
    if isinstance(kind, values.Number):
        meant = st.sampled_from([each for each in FEW if _is_accepted(kind, each)])
        return _word(meant), _word(WILD | WORDS)
    offered = kind.shell_complete(click.Context(click.Command("")), parameter, "")
    meant = st.sampled_from([each.value for each in offered])
    return _word(meant), _word(meant.map(str.upper) | WORDS)


def _is_accepted(kind, word):
    try:
        kind.convert(word, None, None)
    except click.BadParameter:
        return False
    return True


def _is_range(words, least):
    """Whether the first two numbers are the ends of a range."""
    low, high = [float(word) for word in words if not word[0].isalpha()][:2]
    return least <= low < high


def _chained(parts):
    return list(itertools.chain(*parts))


def _ascending(parts):
    """Names first, then the numbers from the least to the largest."""
    names, numbers = [], []
    for (word,) in parts:
        try:
            numbers.append((float(word), word))
        except ValueError:
            names.append(word)
    return names + [word for _, word in sorted(numbers)]
