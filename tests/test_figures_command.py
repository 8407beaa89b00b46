"""doya figures"""

import pytest

from doya.figures import FIGURES
from shell import answer, doya_, in_a_line


def test_the_list_tells_every_figure_and_draws_none(here):
    """Name, title and source; of those named if some are."""
    printed = doya_("figures --list").stdout
    assert all(len(line) <= 80 for line in printed.splitlines())
    blocks = printed.strip().split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == list(FIGURES)
    for block, recipe in zip(blocks, FIGURES.values(), strict=True):
        assert in_a_line(block) == in_a_line(f"{recipe.name} {recipe.title} {recipe.source}")
    assert doya_("figures memory --list").stdout.startswith("memory\n")
    assert doya_("figures memory --list --quiet").output == ""
    unused = doya_("figures memory --list -o folder --format svg")
    assert unused.stdout.startswith("memory\n")
    assert unused.stderr.splitlines() == [
        f"{option} has no effect, because --list draws nothing." for option in ("-o", "--format")
    ]
    assert list(here.iterdir()) == []


def test_a_wrong_name_lists_the_right_ones(here):
    done = doya_("figures bifurcation nope")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"'nope' is not a figure; choose from {', '.join(FIGURES)}." in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(here.iterdir()) == []


def test_figures_named_go_into_the_folder_with_their_data(here):
    """Each once, however often it is named, and nothing else."""
    found = answer("figures memory bifurcation memory -o some/where --json")
    assert found["command"] == "figures"
    assert [
        (each["name"], each["file"]) for each in found["result"]["figures"]
    ] == [
        ("memory", "some/where/memory.png"),
        ("bifurcation", "some/where/bifurcation.png"),
    ]  # fmt: skip
    assert all(each["source"] for each in found["result"]["figures"])
    files = sorted(path.name for path in (here / "some" / "where").iterdir())
    assert files == sorted(
        path.split("/")[-1] for each in found["result"]["figures"] for path in each["files"]
    )
    text = (here / "some" / "where" / "bifurcation.csv").read_text("utf-8")
    assert "# command: doya figures bifurcation\n" in text
    for name in ("caption", "source", "departs"):
        assert f"# {name}: {getattr(FIGURES['bifurcation'], name)}\n" in text


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_two_runs_give_the_same_bytes(here, suffix):
    """In the folder `figures` if none is named."""
    both = []
    for _ in range(2):
        done = doya_(f"figures bifurcation --format {suffix}")
        assert done.exit_code == 0
        assert f"figures/bifurcation.{suffix}" in done.stdout
        both.append({path.name: path.read_bytes() for path in (here / "figures").iterdir()})
    assert both[0] == both[1]
    assert set(both[0]) == {f"bifurcation.{suffix}", "bifurcation.csv"}


def test_a_folder_that_cannot_be_is_told_before_any_work(here):
    (here / "file").touch()
    for folder, code, words in (
        ("file", 1, "cannot write into 'file': 'file' is not a folder."),
        ("file/x", 1, "cannot write into 'file/x': 'file' is not a folder."),
        ("-", 2, "give one folder for all files, got '-'."),
        ("''", 2, "give one folder for all files, got ''."),
        ("a -o b", 2, "give one folder for all files, got 'a' and 'b'."),
    ):
        done = doya_(f"figures -o {folder}")
        assert (done.exit_code, done.stdout) == (code, "")
        assert words in done.stderr
    assert [path.name for path in here.iterdir()] == ["file"]


@pytest.mark.parametrize("taken", ["memory.svg", "memory.csv"])
def test_a_file_that_cannot_be_is_told_before_any_work(here, monkeypatch, taken):
    monkeypatch.setattr("doya_cli.commands.figures._contents", pytest.fail)
    (here / "figures" / taken).mkdir(parents=True)
    done = doya_("figures --format svg")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"Error: cannot write 'figures/{taken}': it is a folder.\n"
    assert [path.name for path in (here / "figures").iterdir()] == [taken]


def test_a_figure_that_fails_leaves_no_folder_behind(here, monkeypatch):
    def fail(figure):
        raise ArithmeticError("no such luck")

    monkeypatch.setitem(FIGURES, "memory", type("R", (), {"name": "memory", "draw": fail}))
    done = doya_("figures bifurcation memory -o new/folder")
    assert done.exit_code == 1
    assert list(here.iterdir()) == []
