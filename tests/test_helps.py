"""Helps name files, functions and options that exist, with one space after each sentence."""

import operator
import re

import click
import pytest

import doya
from doya_cli.main import COMMANDS, main
from doya_cli.values import Count
from shell import doya_


def named_in_python(command):
    """Return the functions that a help names, without the name of the package."""
    text = " ".join(doya_(f"{command} --help").stdout.split())
    part = re.search(r"In Python: (.*?)\. (?:Examples:|$)", text)
    return re.findall(r"doya\.([\w.]*\w)", part[1]) if part else []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_help_names_functions_that_exist(command):
    named = named_in_python(command)
    for name in named:
        operator.attrgetter(name)(doya)
    assert bool(named) == (command != "compile")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_a_help_has_one_space_after_each_sentence(command):
    """Also where the next word is not at the beginning of a line."""
    lines = doya_(f"{command} --help").stdout.splitlines()
    assert [line for line in lines if re.search(r"\w[.?]\)?  [A-Z\[]", line)] == []


def test_every_function_is_named_by_a_help():
    """Those for other authors by one example."""
    functions = {name for name in doya.__all__ if name[0].islower()}
    functions -= {name for name in functions if name.startswith(("from_", "to_"))}
    named = {name.split(".")[0] for command in COMMANDS for name in named_in_python(command)}
    assert functions - named - {"plots", "animations"} == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_help_names_the_file_that_is_written_by_default(command):
    text = " ".join(doya_(f"{command} --help").stdout.split())
    assert "COMMAND" not in text
    draws = "a figure (.png" in text
    assert draws == (f"[default: doya-{command}.png" in text.replace("doya- ", "doya-"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_help_explains_every_option(command):
    made = main.get_command(None, command)
    options = [each for each in made.params if isinstance(each, click.Option)]
    assert [each.name for each in options if not each.help or each.help[-1] not in ".])"] == []
    for each in (each for each in options if isinstance(each.type, Count)):
        least, most = each.type.least, each.type.most
        ends = {
            f"{least} to {most}",
            f"{least} or {most}",
            f"{least} to {most:.0e}",
            f"at least {least}",
        }
        assert any(end.replace("e+0", "e") in each.help for end in ends), each.name
    has_units = "Numbers are dimensionless" in doya_(f"{command} --help").stdout
    assert has_units == (command not in ("figures", "compile"))
