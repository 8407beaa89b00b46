"""Faults of a picture that a reader would meet, from the boxes of its artists after drawing.

`faults` names every text that overlaps another one or leaves the page.
"""

import itertools

from matplotlib.text import Text

# Two boxes count as overlapping from this number of points on, in both directions: the box of a
# text is a little larger than its letters.
TOUCH = 0.5


def faults(figure):
    """Return sentences on all texts of a drawn figure that cannot be read; draw it before.

    A figure is not drawn again if nothing has changed since, as matplotlib itself counts it.
    """
    if figure.stale:
        figure.draw_without_rendering()
    shown = [(text, box) for text, box in boxes(figure) if box.width > 0.0 and box.height > 0.0]
    slack = TOUCH * figure.dpi / 72.0
    found = []
    for (one, box), (other, beside) in itertools.combinations(shown, 2):
        across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
        along = min(box.y1, beside.y1) - max(box.y0, beside.y0)
        if min(across, along) > slack:
            found.append(f"{one.get_text()!r} overlaps {other.get_text()!r}")
    page = figure.bbox
    for text, box in shown:
        if min(box.x0 - page.x0, box.y0 - page.y0, page.x1 - box.x1, page.y1 - box.y1) < -slack:
            found.append(f"{text.get_text()!r} leaves the page")
    found += [f"{text.get_text()!r} is mathtext" for text, _ in shown if "$" in text.get_text()]
    return found


def boxes(figure):
    """Return all visible texts with their boxes in pixels."""
    texts = [text for ax in every_axes(figure) for text in _texts_of(ax)]
    texts += [text for text in figure.texts if text.get_visible() and text.get_text()]
    return [(text, Text.get_window_extent(text)) for text in texts]


def every_axes(figure):
    """Return the axes of a figure and, for example, the bars of colours inside them."""
    todo = [*figure.axes]
    for ax in todo:
        todo += ax.child_axes
    return [ax for ax in todo if ax.get_visible()]


def _texts_of(ax):
    own = [ax.title, ax._left_title, ax._right_title]  # there is no public way to ask
    own += [text for text in ax.texts if _is_drawn(text)]
    for child in (ax.get_legend(), *ax.artists):
        if child is not None and child.get_visible() and hasattr(child, "get_texts"):
            own += child.get_texts()
    if ax.axison:
        solid = ax.name == "3d"
        for axis in (ax.xaxis, ax.yaxis, *([ax.zaxis] if solid else [])):
            own += [axis.label, axis.get_offset_text()]
            own += _in_space(axis) if solid else _in_view(axis)
    return [text for text in own if text.get_visible() and text.get_text()]


def _is_drawn(text):
    """Return whether the text is drawn: not beside a point outside the axes."""
    return text.get_visible() and getattr(text, "_check_xy", lambda _: True)(None)


def _in_space(axis):
    """Return the labels where they were drawn; asking again would place them as in the plane."""
    return [tick.label1 for tick in axis.majorTicks[: len(axis.get_majorticklocs())]]


def _in_view(axis):
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    ticks = zip(axis.get_majorticklocs(), axis.get_major_ticks(), strict=False)
    labels = []
    for place, tick in ticks:
        if low - slack <= place <= high + slack:
            labels += [tick.label1, tick.label2]
    return labels
