"""The pictures of the examples that end each command's help."""

import re

import click
import numpy as np
import pytest

from doya.networks import random_networks
from doya_cli import output
from doya_cli.main import main
from overlaps import boxes, faults
from shell import ANSWERING, doya_

# Further command lines whose pictures were once hard to read.
MORE = (
    "train --learn x0 --b -2.5 --x0 0.3",
    "simulate --x0 0.2 --x0 0.4 --x0 0.6",
    "landscape --over b -3 -2 --over w 4.5 5.5",
    "sensitivity --over b -3 -2 --style dark --size 1920x1080px",
    "network --units 20 --remedies --style dark --size 1920x1080px",
)
# Options that make an example quick; none of them changes what is written in the picture.
QUICK = {r"orbit .*--over": " --points 60", r".*\.gif$": " --frames 3"}


def examples():
    """Return the command lines of all helps that draw a picture."""
    context = click.Context(main)
    for name in ANSWERING:
        command = main.get_command(context, name)
        for line in re.findall(r"^  doya (.+)$", command.epilog, re.M):
            if name != "convert":
                yield line


LINES = [*examples(), *MORE]
DRAWN = {}


@pytest.fixture
def figures(here, monkeypatch):
    """Collect the figures that commands draw, in a folder with the files of the examples."""
    np.savetxt("weights.csv", [[1.0, 2.0], [0.5, -1.0]], delimiter=",")
    (here / "input.csv").write_text("t,u\n0,0\n5,0.5\n8,0\n")
    found = []
    draw = output.drawn

    def kept(make, *look):
        figure, data = draw(make, *look)
        found.append(figure)
        return figure, data

    monkeypatch.setattr(output, "drawn", kept)
    monkeypatch.setattr(output, "saved", lambda *_, **__: b"")  # the figures are looked at
    return found


def drawn(line, figures):
    """Return the figure of a command line; each is drawn once."""
    if line in DRAWN:
        return DRAWN[line]
    quick = next((more for which, more in QUICK.items() if re.match(which, line)), "")
    done = doya_(f"{line}{quick} -o picture.png --quiet")
    assert done.exit_code == 0, done.stderr
    DRAWN[line] = figures[-1]
    return figures[-1]


@pytest.mark.each_third
@pytest.mark.parametrize("line", LINES)
def test_the_picture_of_an_example_can_be_read(line, figures):
    """No text overlaps another one or leaves the page."""
    assert faults(drawn(line, figures)) == []


def texts(figure):
    return [text.get_text() for text, _ in boxes(figure)]


def test_the_words_of_a_threshold_are_whole_and_name_no_curve(figures):
    """Glorot's norm stays near 1: it neither explodes nor vanishes, and the word stands away."""
    figure = drawn("network --weights glorot --activation tanh --target 1", figures)
    assert faults(figure) == []  # it is drawn
    (word,) = [box for text, box in boxes(figure) if text.get_text() == "explodes"]
    ax = figure.axes[0]
    norm = ax.transData.transform((50.0, 0.0))[1]
    assert word.y0 - norm > 20.0 * figure.dpi / 72.0


def test_remedies_are_drawn_by_name(figures):
    """All products that `COMPARED` lists stand below the norm; equal ones share a name.

    Below them stand those of random networks.
    """
    shown = texts(drawn("network --units 20 --factor 1.5 --remedies", figures))
    plain = {"relu, leaky-relu", "tanh", "logistic, clipping", "leaky-integrator", "binary-tree"}
    assert plain <= {*shown}
    assert {f"lstm, forget bias {bias}" for bias in (0, 1, 3)} <= {*shown}
    assert {f"gru, update bias {bias}" for bias in (1, 3)} <= {*shown}
    assert shown.count("residual") == 2
    assert {name.replace("_", " ") for name in random_networks.COMPARED} <= {*shown}


def test_a_surface_has_several_ticks_along_each_axis(figures):
    """At least two are labelled along each."""
    figure = drawn("landscape --over b -3 -2 --over w 4.5 5.5 --surface", figures)
    assert faults(figure) == []  # it is drawn
    ax = figure.axes[0]
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        ticks = axis.majorTicks[: len(axis.get_majorticklocs())]
        assert sum(tick.label1.get_visible() for tick in ticks) >= 2


def test_several_trajectories_have_their_starts_beside_them(figures):
    """x(0) of each."""
    shown = texts(drawn("simulate --x0 0.2 --x0 0.4 --x0 0.6", figures))
    assert {"x(0) = 0.2", "x(0) = 0.4", "x(0) = 0.6"} <= {*shown}
