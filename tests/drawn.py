"""Each figure drawn once, for all tests that look at it; and the baselines they are held to.

`python tests/drawn.py` makes the baselines again.
"""

import contextlib
import functools
import inspect
import pathlib
import pickle
import sys
from unittest import mock

import matplotlib
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.style import context as style_context
from matplotlib.text import Text

from doya.figures import FIGURES
from doya.plots import STYLE
from doya.plots.pages import Sheet

# 1920 x 1080 pixels at 300 pixels per inch, on black.
SLIDE = {"style": "dark_background", "size": (6.4, 3.6)}
# Packages of doya that draw; recipes ask the others for numbers.
DRAWING = ("doya.figures", "doya.plots")
BASELINES = pathlib.Path(__file__).with_name("baselines")


def drawn(name, style=STYLE, size=None):
    """The figure and its data; texts stand where they stand at its own resolution."""
    figure, data = _drawn(name, style, size)
    if figure.stale:  # it was saved at another resolution
        with style_context([STYLE, style]):
            figure.draw_without_rendering()
    return figure, data


@functools.cache
def _drawn(name, style, size):
    """The figure and its data, in a style besides doya's, of its own size or of one in inches.

    No test may change them.
    """
    with style_context([STYLE, style]), _each_computed_once():
        figure = Sheet(*size) if size else Figure()
        data = FIGURES[name].draw(figure)
        figure.draw_without_rendering()
    return figure, data


@contextlib.contextmanager
def _each_computed_once():
    """What recipes ask of the rest of doya is computed once, for pages of all sizes."""
    with contextlib.ExitStack() as stack:
        for module in [each for name, each in sys.modules.items() if name.startswith(DRAWING[0])]:
            for name, function in inspect.getmembers(module, inspect.isfunction):
                home = function.__module__
                if home.startswith("doya.") and not home.startswith(DRAWING):
                    stack.enter_context(mock.patch.object(module, name, _remembering(function)))
        yield


@functools.cache
def _remembering(function):
    known = {}

    @functools.wraps(function)
    def answer(*arguments, **options):
        try:
            asked = pickle.dumps((arguments, options))
        except (AttributeError, pickle.PicklingError):  # a function of a function
            return function(*arguments, **options)
        if asked not in known:
            known[asked] = function(*arguments, **options)
        return known[asked]

    return answer


def curve(data, name, *columns):
    """The columns of one of the curves of a table."""
    rows = data["curve"] == name
    assert rows.any(), set(data["curve"])
    return tuple(data[each][rows] for each in columns)


def save(name, path, **options):
    """The picture; whoever looks at its figure next draws it again at its own resolution."""
    figure, _ = _drawn(name, STYLE, None)
    with matplotlib.rc_context(fname=STYLE):
        figure.savefig(path, **options)
    figure.stale = True


def save_bare(name, path):
    """Without its text, which matplotlib renders differently from version to version."""
    figure, _ = drawn(name)
    texts = [each for each in figure.findobj(Text) if each.get_visible() and each.get_text()]
    hidden = [*texts, *figure.findobj(Legend)]
    with contextlib.ExitStack() as stack:
        for each in hidden:
            each.set_visible(False)
            stack.callback(each.set_visible, True)
        save(name, path, dpi=120)


if __name__ == "__main__":
    BASELINES.mkdir(exist_ok=True)
    for name in FIGURES:
        save_bare(name, BASELINES / f"{name}.png")
