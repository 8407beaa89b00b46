"""Every sentence that a user reads is plain English: no worn phrases, and docstrings open well."""

from __future__ import annotations

import ast
import inspect
import pathlib
import re

import pytest

import doya
import doya.animations
import doya.plots
import doya.tasks
import doya_cli
from doya_cli.main import COMMANDS
from shell import doya_

ROOT = pathlib.Path(doya.__file__).parent
SHELL = pathlib.Path(doya_cli.__file__).parent
WORN = re.compile(
    r"\b(tells?|told|so many|as many as|whatever|of which|what follows|for ever|says all)\b", re.I
)
# With these a function's docstring may open: a verb in the present.
VERBS = (
    *("Animate", "Append", "Backpropagate", "Compute", "Convert", "Descend", "Differentiate"),
    *(
        "Draw",
        "Explore",
        "Find",
        "Follow",
        "Give",
        "Integrate",
        "List",
        "Make",
        "Map",
        "Measure",
        "Move",
    ),
    *("Multiply", "Return", "Sample", "Search", "Shade", "Simulate", "Split", "Sweep", "Train"),
    *("Write", "Yield"),
)
# With these the docstring of a class may not: they name no object.
NO_OBJECT = ("Of", "What", "How", "Whether", "Where", "Which", "Why", "By", "With", "As")


def public():
    """Yield the name of everything public that has a docstring, its kind, and the docstring."""
    for module in (doya, doya.plots, doya.animations, doya.tasks):
        for name in module.__all__ if module is doya else dir(module):
            thing = getattr(module, name)
            if name.startswith("_") or not (inspect.isclass(thing) or inspect.isfunction(thing)):
                continue
            yield name, "class" if inspect.isclass(thing) else "function", inspect.getdoc(thing)
            for member, value in vars(thing).items() if inspect.isclass(thing) else ():
                function = getattr(value, "fget", None) or getattr(value, "func", value)
                if not member.startswith("_") and inspect.isfunction(function):
                    yield f"{name}.{member}", "function", inspect.getdoc(function)


PUBLIC = {name: (kind, text) for name, kind, text in public()}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_docstring_is_plain_and_opens_with_a_verb_or_names_an_object(name):
    kind, text = PUBLIC[name]
    assert text, name
    assert not WORN.findall(text)
    first = re.split(r"\W", text)[0]
    assert first in VERBS if kind == "function" else first not in NO_OBJECT, text.splitlines()[0]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_a_help_is_plain(command):
    text = doya_(f"{command} --help").stdout
    assert not WORN.findall(text)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_document_is_plain(document):
    path = ROOT.parent / document
    if not path.is_file():
        pytest.skip("the documents are in a checkout only")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if WORN.search(line)] == []


def strings(path):
    """Yield the string constants of a file that are no docstrings: errors, notices, captions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from [node.value] * (id(node) not in docstrings)


@pytest.mark.parametrize("folder", [ROOT, SHELL], ids=["doya", "doya_cli"])
def test_errors_notices_and_captions_are_plain(folder):
    """Every string of the sources that is no docstring."""
    files = sorted(folder.rglob("*.py"))
    assert files
    found = [(path.name, text) for path in files for text in strings(path) if WORN.search(text)]
    assert found == []
