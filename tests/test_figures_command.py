"""doya figures"""

import itertools
import json
import pathlib
import re
import xml.etree.ElementTree
from dataclasses import replace

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest
from PIL import Image

from doya.figures import FIGURES
from doya_cli import gallery
from doya_cli.moving_figures import MOVING
from shell import answer, doya_, in_a_line


def test_the_list_tells_every_figure_and_draws_none(here):
    """Name, caption, source, and differences from it, wrapped at 80 columns; those named only."""
    printed = doya_("figures --list").stdout
    assert all(len(line) <= 80 for line in printed.splitlines())
    blocks = printed.strip().split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == list(FIGURES)
    for block, recipe in zip(blocks, FIGURES.values(), strict=True):
        departs = f"Differences: {recipe.departs}" if recipe.departs else ""
        assert in_a_line(block) == in_a_line(
            f"{recipe.name} {recipe.caption} Source: {recipe.source} {departs}"
        )
    assert doya_("figures memory --list").stdout.startswith("memory\n")
    assert doya_("figures memory --list --quiet").output == ""
    unused = doya_("figures memory --list -o folder --format svg")
    assert unused.stdout.startswith("memory\n")
    assert unused.stderr.splitlines() == [
        f"{option} has no effect, because --list draws nothing." for option in ("-o", "--format")
    ]
    assert list(here.iterdir()) == []


def test_a_notebook_has_captions_and_python_that_draws(here, monkeypatch):
    """Jupyter's format 4.4, the same bytes in two runs; its code runs in a folder of its own."""
    assert doya_("figures population cobweb --notebook a.ipynb").stdout == "a.ipynb: 2 figures\n"
    text = (here / "a.ipynb").read_text("utf-8")
    assert doya_("figures population cobweb --notebook a.ipynb").exit_code == 0
    assert (here / "a.ipynb").read_text("utf-8") == text
    found = json.loads(text)
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 4)
    kinds = [cell["cell_type"] for cell in found["cells"]]
    assert kinds == ["markdown", "code"] * 3
    words = "".join("".join(cell["source"]) for cell in found["cells"][::2])
    plain = re.sub(r"\\(\W)", r"\1", words)
    assert all(FIGURES[name].caption in plain for name in ("population", "cobweb"))
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    names = {}
    with matplotlib.rc_context({"backend": "agg"}):
        for cell in found["cells"][1::2]:
            exec("".join(cell["source"]), names)
    assert len(names["figure"].axes) == 2
    assert "path from 0.56" in names["data"]["curve"]
    matplotlib.pyplot.close("all")


def test_a_notebook_has_every_figure_and_its_name_ends_in_ipynb(here):
    assert doya_("figures --notebook all.ipynb").exit_code == 0
    text = (here / "all.ipynb").read_text("utf-8")
    assert all(f'FIGURES[\\"{name}\\"]' in text for name in FIGURES)
    done = doya_("figures --notebook a.json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "must end in .ipynb, got 'a.json'." in done.stderr
    assert doya_("figures --list --notebook b.ipynb").exit_code == 2
    unused = doya_("figures memory --notebook b.ipynb --format svg")
    assert unused.stderr == "--format has no effect, because --notebook draws nothing.\n"
    assert sorted(path.name for path in here.iterdir()) == ["all.ipynb", "b.ipynb"]


@pytest.mark.long
def test_figures_in_motion_are_gifs(here, monkeypatch):
    """Each frame differs from the one before; alone, and for figures that move."""
    monkeypatch.setattr("doya_cli.moving_figures.FRAMES", 4)
    moving = ("hysteresis", "cusp", "loss-wall", "learning")
    done = doya_(f"figures {' '.join(f'--animate {name}' for name in moving)} -o a --dpi 50")
    assert done.exit_code == 0, done.stderr
    for name in moving:
        assert str(pathlib.Path("a", f"{name}.gif")) in done.stdout
        with Image.open(here / "a" / f"{name}.gif") as film:
            assert film.n_frames == 4
            assert film.info["comment"].startswith(f"doya figures --animate {name}".encode())
            frames = []
            for k in range(4):
                film.seek(k)
                frames.append(np.asarray(film.convert("L")))
        assert all((one != other).any() for one, other in itertools.pairwise(frames))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("cusp", "cusp asks for a picture, and --animate for animations in place of pictures"),
        ("--list", "--list draws nothing, and --animate writes animations: remove one of them."),
        ("--notebook a.ipynb", "--notebook draws nothing, and --animate writes animations"),
        ("--format svg", "an animation is always a .gif file: remove --format."),
        ("--animate memory", "'memory'"),
    ],
)
def test_an_animation_is_refused_beside_what_is_for_pictures(here, words, said):
    done = doya_(f"figures --animate hysteresis {words}")
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("asked", ["memory", "--animate hysteresis"])
def test_the_folder_is_not_there_before_there_is_something_to_write(here, monkeypatch, asked):
    """A run that is killed while it draws leaves nothing behind."""

    def draw(*figure):
        assert list(here.iterdir()) == []
        raise ArithmeticError("drawn")

    monkeypatch.setitem(FIGURES, "memory", type("R", (), {"name": "memory", "draw": draw}))
    monkeypatch.setitem(MOVING, "hysteresis", draw)
    done = doya_(f"figures {asked} -o new/folder")
    assert (done.exit_code, done.stderr) == (1, "Error: ArithmeticError: drawn\n")
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


@pytest.mark.each_third
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


@pytest.fixture
def two(monkeypatch):
    """Two figures of an empty picture each, one with data for CSV and one for NPZ."""
    names = ["memory", "chaos"]
    data = [{"x": np.arange(3.0)}, {"x": np.zeros((2, 2))}]
    made = {
        name: replace(FIGURES[name], draw=lambda figure, each=each: each)
        for name, each in zip(names, data, strict=True)
    }
    monkeypatch.setattr("doya_cli.commands.figures._recipes", lambda: made)
    return names


def test_a_picture_carries_its_caption_and_its_command(here, two):
    """PNG, SVG and PDF have both as metadata, and no dates."""
    assert doya_("figures memory --format png --format svg --format pdf").exit_code == 0
    recipe, command = FIGURES["memory"], "doya figures memory"
    with Image.open("figures/memory.png") as picture:
        assert picture.info["Title"] == recipe.title
        assert picture.info["Description"] == recipe.caption
        assert picture.info["Comment"] == command
        assert picture.info["Software"].startswith("doya ")
    described = f"{recipe.caption}  Command: {command}"
    root = xml.etree.ElementTree.parse(here / "figures" / "memory.svg").getroot()
    dublin = "{http://purl.org/dc/elements/1.1/}"
    assert next(root.iter(f"{dublin}title")).text == recipe.title
    assert [each.text for each in root.iter(f"{dublin}description")] == [described]
    assert not list(root.iter(f"{dublin}date"))
    pdf = (here / "figures" / "memory.pdf").read_bytes()
    subject = re.search(rb"/Subject \((.*?)(?<!\\)\)\s*[/>]", pdf, re.S).group(1)
    subject = re.sub(rb"\\(.)", rb"\1", subject, flags=re.S)
    assert subject.decode("utf-16") == described
    assert b"CreationDate" not in pdf


def test_a_picture_of_a_result_carries_its_command(here):
    """Its Description is the command, as it has no caption."""
    assert doya_("equilibria --w 6 -o a.png").exit_code == 0
    with Image.open("a.png") as picture:
        assert picture.info["Description"] == picture.info["Comment"]
        assert picture.info["Comment"].startswith("doya equilibria --w 6.0 ")


def test_all_figures_are_written_with_a_page_that_shows_them(here, two):
    """The page has each picture, caption, source, command and link to the data; some have none."""
    assert doya_("figures memory").exit_code == 0
    assert not (here / "figures" / "README.md").exists()
    printed = doya_("figures --style dark").stdout.splitlines()
    assert [line.split() for line in printed][-1] == ["all", "figures/README.md"]
    text = (here / "figures" / "README.md").read_text("utf-8")
    assert re.findall(r"^!\[.*\]\((.*)\)$", text, re.M) == ["memory.png", "chaos.png"]
    for name in two:
        block = re.search(rf"^## {name}$(.*?)(?:^## |\Z)", text, re.M | re.S).group(1)
        plain = re.sub(r"\\(\W)", r"\1", block)
        assert FIGURES[name].caption in plain
        assert f"Source: {FIGURES[name].source}" in plain
        assert f"`doya figures {name} --style dark`" in block
    assert "[memory.csv](memory.csv)" in text
    assert "[chaos.npz](chaos.npz)" in text
    # A page that doya has made is replaced.
    assert doya_("figures").stderr == ""
    assert "dark" not in (here / "figures" / "README.md").read_text("utf-8")


def test_a_page_of_pdf_links_to_its_pictures(here, two):
    """A browser shows no PDF within a page; SVG it does."""
    assert doya_("figures --format pdf").exit_code == 0
    text = (here / "figures" / "README.md").read_text("utf-8")
    assert "![" not in text
    assert "[memory.pdf](memory.pdf)" in text
    assert doya_("figures --format svg --format pdf").exit_code == 0
    assert "](memory.svg)\n" in (here / "figures" / "README.md").read_text("utf-8")


def test_a_page_that_someone_else_has_made_is_left_as_it_is(here, two):
    """A notice says so; the pictures are written."""
    (here / "README.md").write_text("mine")
    done = doya_("figures -o .")
    assert done.exit_code == 0
    expected = "'README.md' is left as it is, because doya has not made it."
    assert in_a_line(done.stderr) == expected
    assert (here / "README.md").read_text() == "mine"
    assert (here / "chaos.npz").exists()


def test_a_folder_in_place_of_the_page_is_reported_before_any_work(here, monkeypatch):
    monkeypatch.setattr("doya_cli.commands.figures._contents", pytest.fail)
    (here / "figures" / "README.md").mkdir(parents=True)
    done = doya_("figures")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: cannot write 'figures/README.md': it is a folder.\n"


def test_signs_of_markdown_in_a_caption_are_escaped():
    """A reader sees the caption's own signs: stars, bars and underscores."""
    recipe = replace(FIGURES["memory"], caption="x* < 1, |a_b| [c] `d`", departs="")
    text = gallery.page([recipe], {"memory": ["memory.png", "memory.csv"]})
    assert r"x\* \< 1, \|a\_b\| \[c\] \`d\`" in text
