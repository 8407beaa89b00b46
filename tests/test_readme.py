import doctest
import inspect
import pathlib
import re
import shlex

import pytest
from click.testing import CliRunner

import doya
from benchmarks.report import Task
from doya.figures import FIGURES
from doya_cli.main import COMMANDS, main

ROOT = pathlib.Path(__file__).parents[1]
DOCUMENTS = (
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("figures/README.md", "tests/benchmarks/README.md"),
)
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def commands():
    """Every `doya ...` of the README, from its blocks and its text; COMMAND stands for any."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    lines += re.findall(r"`(doya [a-z][^`]+)`", README.replace("\n", " "))
    return list(dict.fromkeys(line for line in lines if line.startswith("doya ")))


def test_quick_start_is_two_command_lines():
    part = re.search(r"^## Quick start$(.*?)^## ", README, re.M | re.S).group(1)
    found = re.findall(r"^```sh\n(.*?)^```", part, re.M | re.S)
    assert [block.count("\n") for block in found] == [1, 1]
    assert "doya bifurcate --w 5" in found[0]
    assert "pytest" in found[1]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=pytest.mark.machine_code if line == "doya compile" else ())
        for line in commands()
    ],
)
def test_every_command_of_the_readme_runs(line, tmp_path, monkeypatch):
    """All figures are drawn in `test_figures`: here three, and three frames of an animation."""
    monkeypatch.chdir(tmp_path)
    few = {name: FIGURES[name] for name in ("bifurcation", "chaos", "cusp")}
    monkeypatch.setattr("doya_cli.commands.figures._recipes", lambda: few)
    more = ["--frames", "3"] if line.endswith(".gif") else []
    done = CliRunner().invoke(main, [*shlex.split(line)[1:], *more])
    assert done.exit_code == 0, done.output


def test_the_outputs_of_the_readme_are_those_of_the_commands(tmp_path, monkeypatch):
    """Tables and notices are compared as text."""
    monkeypatch.chdir(tmp_path)
    parts = [
        part for block in blocks("console") for part in re.split(r"^\$ ", block, flags=re.M)[1:]
    ]
    assert len(parts) >= 2
    for line, shown in (part.split("\n", 1) for part in parts):
        assert CliRunner().invoke(main, shlex.split(line)[1:]).output == shown


def test_every_command_is_in_the_readme():
    named = {line.split()[1] for line in commands()}
    assert named == set(COMMANDS)


def test_the_python_of_the_readme_does_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = doctest.DocTestParser().get_doctest(
        "\n".join(blocks("python")), {}, "README", "README.md", 0
    )
    assert len(script.examples) >= 12
    outcome = doctest.DocTestRunner().run(script)
    assert outcome.failed == 0
    assert (tmp_path / "diagram.svg").exists()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_is_there(document):
    """Links from its own folder, and paths in its text from the root."""
    path = ROOT / document
    if not path.is_file():
        pytest.skip("the documents are in a checkout only")
    text = path.read_text(encoding="utf-8")
    links = re.findall(r'\]\(([^)#:]+)[^):]*\)|src="([^":]+)"', text)
    named = re.findall(r"(?<![\w/.])(?:tests|doya|cli|figures|\.ci)/[\w./-]*\w", text)
    files = {path.parent / "".join(link) for link in links} | {ROOT / each for each in named}
    assert {str(each) for each in files if not each.exists()} == set()


def test_the_map_of_contributing_is_that_of_the_tree():
    """Each module and folder of doya is named; each file and folder that is named is there."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`\s]+)`", text))
    here = {each.stem if each.suffix else f"{each.name}/" for each in ROOT.glob("doya/[a-z]*")}
    assert here - {"py"} <= named
    homes = [ROOT, *(ROOT / "doya" / each for each in ("", "kernels/machinery", "explorer"))]
    homes += [ROOT / "doya/kernels", ROOT / "tests", ROOT / "tests/benchmarks"]
    for name in named:
        if re.fullmatch(r"[a-z_/]+(\.py|\.md|\.js|/)", name):
            assert any((home / name).exists() for home in homes), name


def test_every_figure_is_in_the_gallery_with_its_name():
    for name in FIGURES:
        assert f"figures/{name}.png" in README
        assert f"`{name}`" in README


def test_every_public_function_is_in_the_readme():
    functions = {name for name in doya.__all__ if inspect.isfunction(getattr(doya, name))}
    functions |= {f"tasks.{name}" for name in doya.tasks.__all__}
    assert {name for name in functions if f"`{name}`" not in README} == set()


def test_every_benchmark_is_in_the_table_and_readme_repeats_rows_of_it():
    """`pytest tests/benchmarks --table FILE` writes the table anew.

    README has no column of targets, so it says the target where one is missed.
    """
    table = (ROOT / "tests/benchmarks/README.md").read_text(encoding="utf-8")
    columns = r"^\| ([^|]+?) \| (?!opponent|---)([^|]+?) \| ([^|]+?) \|"
    rows = re.findall(rf"{columns} (?:≥ )?([^|]*?) ?\|", table, re.M)
    assert {task for task, *_ in rows} == set(Task)
    shown = {
        (*row, ratio.replace(", missed", f", below the target of {target}"))
        for *row, ratio, target in rows
    }
    part = re.search(r"^## How fast$(.*?)^## ", README, re.M | re.S).group(1)
    repeated = re.findall(columns, part, re.M)
    assert len(repeated) == 10
    assert set(repeated) <= shown
