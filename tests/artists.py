"""What artists show: where arrows lead, and how far words stand from what they name."""

import numpy as np
from matplotlib.patches import FancyArrowPatch
from matplotlib.text import Text


def arrows(ax):
    """Those of axes, in the order in which they were drawn."""
    return [each for each in ax.patches if isinstance(each, FancyArrowPatch)]


def ends(arrow, head="-|>"):
    """Where an arrow starts and where it stops, in the data, if its head is at the latter."""
    assert arrow.get_arrowstyle().arrow == head
    start, stop = arrow._posA_posB  # there is no public way to ask
    return tuple(map(float, start)), tuple(map(float, stop))


def texts(ax):
    """By what they say."""
    return {each.get_text(): each for each in ax.texts}


def points_from(text, x, y):
    """Points from a text to the nearest of places in its axes' data; 0 where it is over one."""
    box = Text.get_window_extent(text)
    places = np.stack(np.broadcast_arrays(x, y), axis=-1).reshape(-1, 2)
    x, y = text.axes.transData.transform(places).T
    across = np.maximum(np.maximum(box.x0 - x, x - box.x1), 0.0)
    along = np.maximum(np.maximum(box.y0 - y, y - box.y1), 0.0)
    return float(np.hypot(across, along).min()) * 72.0 / text.figure.dpi


def middle(text):
    """Where the middle of a text stands, in its axes' data."""
    box = Text.get_window_extent(text)
    centre = 0.5 * (box.x0 + box.x1), 0.5 * (box.y0 + box.y1)
    place = text.axes.transData.inverted().transform(centre)
    return tuple(map(float, place))
