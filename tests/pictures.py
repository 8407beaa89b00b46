"""What a reader must be able to read in a picture."""

from overlaps import faults


def no_text_is_over_another(figure):
    """Labels, legends and ticks within their axes; and all of it on the page."""
    assert faults(figure) == []
