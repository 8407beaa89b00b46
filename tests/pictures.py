"""What a reader must be able to read in a picture."""

import itertools

from matplotlib.text import Text


def no_text_is_over_another(figure):
    """Labels, legends and ticks within their axes; and all of it on the page."""
    shown = []
    for panel in figure.axes:
        legend = panel.get_legend()
        shown += [*panel.texts, *(legend.get_texts() if legend else [])]
        solid = [panel.zaxis] if panel.name == "3d" else []
        for axis in (panel.xaxis, panel.yaxis, *solid):
            shown += _in_space(axis) if solid else _in_view(axis, axis is panel.yaxis)
            shown += [axis.label, axis.get_offset_text()]
    shown = [text for text in shown if text.get_text() and text.get_visible()]
    assert not any("$" in text.get_text() for text in shown)  # mathtext takes its time
    boxes = [Text.get_window_extent(text) for text in shown]
    for (one, box), (other, beside) in itertools.combinations(zip(shown, boxes, strict=True), 2):
        assert not box.overlaps(beside), (one, other)
    page = figure.bbox
    for text, box in zip(shown, boxes, strict=True):
        assert page.x0 <= box.x0, text
        assert box.x1 <= page.x1, text
        assert page.y0 <= box.y0, text
        assert box.y1 <= page.y1, text


def _in_view(axis, coordinate):
    low, high = sorted(axis.get_view_interval())
    labels = axis.get_ticklabels()
    return [label for label in labels if low <= label.get_position()[coordinate] <= high]


def _in_space(axis):
    """Where the figure was drawn; to ask for them again would place them as in the plane."""
    return [tick.label1 for tick in axis.majorTicks]
