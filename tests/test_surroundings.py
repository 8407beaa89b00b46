"""The shell around doya: words half typed, encodings, and what a user has set up."""

from doya.figures import FIGURES
from doya.figures.recipes import recipe


def test_a_caption_does_not_depend_on_docstrings_being_kept(monkeypatch):
    """python -OO leaves them out."""
    kept = FIGURES["memory"]
    monkeypatch.setattr(kept.draw, "__doc__", None)
    assert recipe(kept.source, kept.departs)(kept.draw) == kept
