"""What a reader must be able to read in a picture."""

import itertools

from matplotlib.text import Text


def no_text_is_over_another(figure):
    """Labels, legends and ticks within their axes; and all of it on the page."""
    shown = []
    for panel in figure.axes:
        legend = panel.get_legend()
        shown += [*panel.texts, *(legend.get_texts() if legend else [])]
        for axis in (panel.xaxis, panel.yaxis):
            ends = sorted(axis.get_view_interval())
            for label in axis.get_ticklabels():
                if ends[0] <= label.get_position()[axis is panel.yaxis] <= ends[1]:
                    shown.append(label)
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
