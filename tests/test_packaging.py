import importlib.metadata
import inspect
import operator
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest

import doya

ROOT = pathlib.Path(__file__).parents[1]


def test_one_version():
    """The package, its metadata, and the citation agree."""
    assert importlib.metadata.version("doya") == doya.__version__
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.M)
    assert cited.group(1) == doya.__version__
    assert f"## {doya.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_wheel_installs_doya_and_doya_cli_and_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"] == {
        "packages": ["doya", "cli/doya_cli"]
    }
    assert all("==" not in each and "<" not in each for each in project["project"]["dependencies"])


def test_every_public_name_has_a_docstring_with_an_example():
    """The ready tasks too."""
    named = [(name, getattr(doya, name)) for name in doya.__all__]
    named += [(name, getattr(doya.tasks, name)) for name in doya.tasks.__all__]
    for name, thing in named:
        assert thing.__doc__
        if callable(thing) and not isinstance(thing, type):
            for section in ("Parameters", "Returns", "Raises", "References", "Examples"):
                assert f"\n{section}\n---" in inspect.getdoc(thing), (name, section)


def see_also(thing):
    """Return the names below "See Also" in a docstring."""
    part = re.search(r"^See Also\n-+\n(.*?)(?:\n\n|\Z)", inspect.getdoc(thing), re.M | re.S)
    lines = part[1].splitlines() if part else []
    return [name.strip() for line in lines for name in line.partition(" : ")[0].split(",")]


def test_docstrings_name_their_neighbours():
    """Each function is found from another, and nothing is named that is not there."""
    named = {name: getattr(doya, name) for name in doya.__all__}
    named |= {f"tasks.{name}": getattr(doya.tasks, name) for name in doya.tasks.__all__}
    found = {name: see_also(thing) for name, thing in named.items() if callable(thing)}
    for name in {each for names in found.values() for each in names}:
        operator.attrgetter(name)(doya)
    functions = {name for name, thing in named.items() if inspect.isfunction(thing)}
    assert {name for name in functions if not found[name]} == set()
    ready = {"tasks.flip_flop", "tasks.delay", "tasks.oscillate"}  # named beside tasks.latch
    assert functions - ready - {each for names in found.values() for each in names} == set()


def test_the_help_of_the_package_names_every_function():
    """Those for other authors by one example."""
    functions = {name for name in doya.__all__ if inspect.isfunction(getattr(doya, name))}
    of_authors = {name for name in functions if name.startswith(("from_", "to_"))}
    words = set(re.findall(r"\w+", doya.__doc__))
    assert functions - of_authors - words == set()
    assert words & of_authors


def test_what_takes_arrays_is_typed_to_take_lists_and_numbers_too():
    """So that a type checker lets a user's `x0=[0.4, 0.6]` pass, which the library does."""
    made_by_users = [doya.NeuronODE, doya.NeuronMap, doya.SigmoidRNN, doya.Table, doya.Pulses]
    functions = [f for f in (getattr(doya, name) for name in doya.__all__) if inspect.isfunction(f)]
    for thing in functions + made_by_users:
        for parameter in inspect.signature(thing).parameters.values():
            assert not re.search("NDArray|Floats|Parameter", parameter.annotation), parameter


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="equilibrium"):
        doya.equilibrium  # noqa: B018
    line = "import doya; doya.equilibrium"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True)
    assert done.stderr.endswith("Did you mean: 'equilibria'?\n")


@pytest.mark.parametrize("first", ["doya.equilibria", "doya; doya.equilibria"])
def test_a_function_is_not_hidden_by_the_module_of_its_name(first):
    """Whichever of the two is imported first."""
    code = f"import {first}; import doya.equilibria; doya.equilibria(doya.NeuronODE())"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("use", "heavy"),
    [
        ("doya", {"numpy", "scipy", "numba", "matplotlib", "click"}),
        ("doya.equilibria(doya.NeuronODE())", {"scipy", "numba", "matplotlib", "click"}),
    ],
)
def test_import_doya_warns_of_nothing_and_stays_light(use, heavy):
    """What takes time to import waits until it is used."""
    code = f"import sys, doya; {use}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert not heavy & set(done.stdout.split())
