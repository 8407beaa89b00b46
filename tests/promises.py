"""What every command promises."""

from __future__ import annotations

import json
import os
import re

import click

from shell import doya_

# Words with an underscore that users of the shell know: a matrix of the helps, values of options.
KNOWN = {"w_rec", "input_weight", "flip_flop"}
CLASSES = {
    "NeuronMap",
    "NeuronODE",
    "Table",
    "Pulses",
    "Ramp",
    "SigmoidRNN",
    "ndarray",
    "None",
    "True",
}
# What the user wrote.
QUOTED = r"""(?:\"[^\"]*\"|'[^']*')"""


def refused(command_line, words):
    """Wrong usage is one sentence, exit 2, and nothing on disk."""
    before = sorted(os.listdir())
    done = doya_(command_line)
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert re.fullmatch(rf"Error: .*{words}\.( See doya \w+ --help\.)?\n", done.stderr), done.stderr
    assert sorted(os.listdir()) == before
    return True


def made_again(command_line):
    """The command in the data makes the same data again; its options are their parameters.

    These data are the answer.
    """
    data = doya_(f"{command_line} -o -").stdout
    again = re.search("^# command: doya (.*)$", data, re.M).group(1)
    assert doya_(f"{again} -o -").stdout == data
    parameters = json.loads(re.search("^# parameters: (.*)$", data, re.M).group(1))
    given = set(re.findall("--([a-z0-9-]+)", again))
    assert given <= {name.replace("_", "-") for name in parameters}, given
    return data


def names_of_python(words):
    """Return the argument and class names in a sentence.

    Outside of what the user wrote, and of a list of what the value of an option can be.
    """
    chosen = "--log needs .*?, but|--(?:over|log) \\w+|must be among .*?, got"
    plain = re.sub(rf"'--over': \w+|{QUOTED}|{chosen}", "", words)
    several = {*re.findall(r"\b[A-Za-z]+(?:_[A-Za-z0-9]+)+\b", plain)}
    found = {word for word in several if word.lower() not in KNOWN}
    return found | (CLASSES & {*re.findall(r"\w+", plain)})


def other_options(words, command, line):
    """Return the options that a sentence names, and that are neither the command's nor in the line.

    They would be no help.
    """
    named = re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", re.sub(QUOTED, "", words))
    known = {name for each in command.get_params(click.Context(command)) for name in each.opts}
    return {*named} - known - {word.partition("=")[0] for word in line}
