"""--size, --dpi and --style of every command that draws."""

import io
import pathlib
import re
import xml.etree.ElementTree

import matplotlib
import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.colors import to_rgb
from PIL import Image

from command_lines import command_named, parameters
from doya.plots import STYLE
from doya.plots.pages import Sheet, page, two_below, two_beside
from doya_cli import looks
from doya_cli.main import COMMANDS, main
from shell import doya_

DRAWING = [
    name
    for name in COMMANDS
    if {"outputs", "folder"} & {each.name for each in parameters(command_named(name))}
    and name != "convert"
]
DARK = STYLE.with_name("dark.mplstyle")


def pixels(path):
    with Image.open(path) as picture:
        return picture.size


@pytest.mark.parametrize("name", DRAWING)
def test_every_command_that_draws_offers_size_dpi_and_style(name):
    """The options are the same in each, and a command that draws nothing has none of them."""
    assert {"size", "dpi", "style"} <= {each.name for each in parameters(command_named(name))}
    assert len(DRAWING) == 10
    assert "size" not in {each.name for each in parameters(command_named("convert"))}


@pytest.mark.each_third
@pytest.mark.parametrize("size", ["1920x1080", "333x257", "200x3000", "1003x708"])
def test_a_size_in_pixels_is_exact(here, size):
    """A PNG has these pixels, with the resolution that doya chooses and with a given one."""
    across, along = map(int, size.split("x"))
    assert doya_(f"equilibria --size {size}px -o a.png").exit_code == 0
    assert pixels("a.png") == (across, along)
    assert doya_(f"bifurcate --size {size}PX --dpi 97 -o a.png").exit_code == 0
    assert pixels("a.png") == (across, along)


@pytest.mark.parametrize("line", ["train --steps 3", "landscape --over b -3 -2 --points 9"])
def test_pictures_of_several_panels_have_the_size_that_is_asked_for(here, line):
    """They stretch their own page, but not one of a given size."""
    assert doya_(f"{line} --size 800x600px -o a.png").exit_code == 0
    assert pixels("a.png") == (800, 600)


@pytest.mark.long
def test_a_size_in_mm_is_that_of_the_page(here):
    """PDF counts 72 points an inch of 25.4 mm, SVG too; a PNG has --dpi pixels an inch."""
    words = "equilibria --size 120x80.5mm --dpi 100 -o a.png -o a.pdf -o a.svg"
    assert doya_(words).exit_code == 0
    assert pixels("a.png") == (int(120 / 25.4 * 100), int(80.5 / 25.4 * 100))
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", (here / "a.pdf").read_bytes())
    points = [120 / 25.4 * 72, 80.5 / 25.4 * 72]
    assert list(map(float, box.groups())) == pytest.approx(points, abs=0.01)
    root = xml.etree.ElementTree.parse(here / "a.svg").getroot()
    written = [float(root.get(name).removesuffix("pt")) for name in ("width", "height")]
    assert written == pytest.approx(points, abs=0.01)


def test_a_resolution_alone_keeps_the_page(here):
    """The page of the style is 3.346 inches wide and 2.5 inches high."""
    assert doya_("equilibria --dpi 100 -o a.png").exit_code == 0
    assert pixels("a.png") == (334, 250)


def test_the_command_in_a_picture_has_its_look_and_makes_it_again(here):
    """Data carry no look: it does not change them."""
    words = "equilibria --size 400x300px --style dark -o a.png -o a.csv"
    assert doya_(words).exit_code == 0
    with Image.open("a.png") as picture:
        made_by = picture.info["Comment"]
    assert made_by.endswith(" --size 400x300px --style dark")
    assert "--size" not in (here / "a.csv").read_text()
    assert doya_(made_by.removeprefix("doya ") + " -o again.png").exit_code == 0
    assert (here / "again.png").read_bytes() == (here / "a.png").read_bytes()


def test_the_dark_style_has_a_dark_page_and_light_words(here):
    """The page is the colour of the style sheet; axes and words are lighter."""
    rc = matplotlib.rc_params_from_file(DARK, use_default_template=False)
    assert doya_("equilibria --style dark -o a.png").exit_code == 0
    with Image.open("a.png") as picture:
        shown = np.asarray(picture.convert("RGB"))
    assert shown[0, 0].tolist() == np.round(255 * np.array(to_rgb(rc["figure.facecolor"]))).tolist()
    assert shown[:, -1].max() < 0.1 * 255  # no words at the edge
    assert np.any(np.all(shown == round(255 * to_rgb(rc["axes.edgecolor"])[0]), axis=-1))
    for name in ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"):
        assert min(to_rgb(rc[name])) > 0.9
    for name in ("figure.facecolor", "axes.facecolor"):
        assert max(to_rgb(rc[name])) < 0.1


def test_a_style_file_comes_on_top_of_doyas_own(here):
    """It changes what it names; the page keeps its size."""
    (here / "mine.mplstyle").write_text("axes.facecolor: ff0000\nbackend: tkagg\n")
    done = doya_("equilibria --style mine.mplstyle --dpi 100 -o a.png")
    assert (done.exit_code, done.stderr) == (0, "Wrote a.png\n")
    with Image.open("a.png") as picture:
        assert picture.size == (334, 250)
        assert picture.convert("RGB").getpixel((200, 60)) == (255, 0, 0)


WRONG = {
    "--size 85x60": "the unit is missing: write 85x60mm or 85x60px.",
    "--size 85x60in": "'in' is no unit here: write 85x60mm or 85x60px.",
    "--size 85mm": "'85mm' is not WIDTHxHEIGHT with the unit mm or px, for example 85x60mm or"
    " 1920x1080px.",
    "--size -85x60mm": "'-85x60mm' is not WIDTHxHEIGHT with the unit mm or px, for example 85x60mm"
    " or 1920x1080px.",
    "--size 39x60mm": "each side must be from 40 to 1200 mm, got 39x60mm.",
    "--size 85x1201mm": "each side must be from 40 to 1200 mm, got 85x1201mm.",
    "--size 100x200px": "each side must be a whole number of pixels from 200 to 15000, got"
    " 100x200px.",
    "--size 300.5x200px": "each side must be a whole number of pixels from 200 to 15000, got"
    " 300.5x200px.",
    "--dpi 9": "it must be a whole number from 10 to 2400, got 9.",
    "--dpi 1.5": "it must be a whole number from 10 to 2400, got 1.5.",
    "--size 1200x1200mm --dpi 1000": "--size 1200x1200mm at 1000 dpi has more than 15000 pixels"
    " along a side: choose --dpi 317 or less.",
    "--size 640x480px --dpi 1200": "--size 640x480px at --dpi 1200 is less than 40 mm along a side:"
    " choose --dpi 304 or less.",
    "--style drak": "'drak' is no file; use light, dark, or a matplotlib style file.",
    "--style .": "'.' is a folder; use light, dark, or a matplotlib style file.",
    "--style bad": "'bad' is not a matplotlib style file: Bad value in line 1 ('lines.linewidth:"
    " fat'): Key lines.linewidth: Could not convert 'fat' to float.",
    "--style key": "'key' is not a matplotlib style file: Bad key nonsense in line 1"
    " ('nonsense: 3').",
    "--style bytes": "cannot read 'bytes': it is no text.",
}


@pytest.mark.parametrize("words", WRONG)
@pytest.mark.parametrize("command", ["bifurcate", "figures bifurcation"])
def test_a_wrong_look_is_one_sentence_with_the_range_and_writes_nothing(here, command, words):
    (here / "bad").write_text("lines.linewidth: fat\n")
    (here / "key").write_text("nonsense: 3\n")
    (here / "bytes").write_bytes(bytes(range(256)))
    before = sorted(here.iterdir())
    done = doya_(f"{command} {words}")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert WRONG[words] in done.stderr
    assert sorted(here.iterdir()) == before


@pytest.mark.long
def test_the_advice_of_an_error_can_be_followed(here):
    """With the resolution that each of the two errors names, the picture is made."""
    for words in ("--size 640x480px --dpi 304", "--size 1200x41mm --dpi 317"):
        assert doya_(f"equilibria {words} -o a.pdf").exit_code == 0


def test_a_look_without_a_picture_is_noticed(here):
    """The notice names the options."""
    for words, notice in (
        ("--style dark", "--style has no effect, because no picture is written."),
        (
            "--size 85x60mm --dpi 100",
            "--size and --dpi have no effect, because no picture is written.",
        ),
    ):
        done = doya_(f"equilibria {words} -o a.csv")
        assert done.stderr == f"{notice}\nWrote a.csv\n"
        assert doya_(f"equilibria {words} --json").stderr == f"{notice}\n"


def test_figures_take_a_look_too(here):
    """Size and style are in the picture, and in the command that it carries."""
    words = "figures bifurcation --size 640x480px --style dark"
    assert doya_(words).exit_code == 0
    assert pixels("figures/bifurcation.png") == (640, 480)
    with Image.open("figures/bifurcation.png") as picture:
        assert picture.info["Comment"] == f"doya {words}"


def test_a_sheet_keeps_its_size_and_the_margins_of_the_style():
    """No page function changes it; margins are as wide as on the style's own page."""
    with matplotlib.rc_context(fname=STYLE):
        across, along = matplotlib.rcParams["figure.figsize"]
        own = {side: matplotlib.rcParams[f"figure.subplot.{side}"] for side in ("left", "bottom")}
        for make in (lambda f: page(f, 1.4), lambda f: two_below(f, 2.0, 0.5),
                     lambda f: two_beside(f, 1.3)):  # fmt: skip
            sheet = Sheet(6.0, 4.0)
            make(sheet)
            assert sheet.get_size_inches().tolist() == [6.0, 4.0]
            assert sheet.subplotpars.left * 6.0 == pytest.approx(own["left"] * across)
            assert sheet.subplotpars.bottom * 4.0 == pytest.approx(own["bottom"] * along)


def test_the_dark_style_can_be_used_by_name():
    """It adds colours to the style for paper, and changes no size."""
    with matplotlib.style.context(["doya.plots.paper", "doya.plots.dark"]):
        assert matplotlib.rcParams["text.color"] == "#f2f2f2"
        assert matplotlib.rcParams["font.size"] == 8.0
    names = matplotlib.rc_params_from_file(DARK, use_default_template=False)
    assert not [name for name in names if "size" in name or "width" in name]


def test_style_is_completed_and_its_file_too(tmp_path):
    """The shell offers the two names, and files for other words."""
    (option,) = [each for each in parameters(command_named("orbit")) if each.name == "style"]
    assert [each.value for each in option.shell_complete(None, "d")] == ["dark"]
    assert [each.type for each in option.shell_complete(None, "my")] == ["file"]


def test_a_tight_style_does_not_change_a_size(here):
    """savefig.bbox = tight would cut the page to its contents."""
    pathlib.Path("tight.mplstyle").write_text("savefig.bbox: tight\nfigure.autolayout: True\n")
    done = CliRunner().invoke(
        main, ["equilibria", "--style", "tight.mplstyle", "--size", "500x400px", "-o", "a.png"]
    )
    assert (done.exit_code, done.stderr) == (0, "Wrote a.png\n")
    assert pixels("a.png") == (500, 400)


def test_the_pattern_of_sizes_reads_every_way_to_write_one():
    """Blanks, a multiplication sign, decimals, and large letters are read."""
    for word in ("85x60mm", "85 x 60 mm", "85\u00d760mm", "85X60MM", "85.0x60.00mm"):
        assert looks._size(None, None, word) == (85.0, 60.0, "mm")
    assert io.StringIO(looks.Look((85.0, 60.5, "mm"), 90, "a b").words).read() == (
        " --size 85x60.5mm --dpi 90 --style 'a b'"
    )
