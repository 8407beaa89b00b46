"""The tables of small changes are in order: `python -m mutants` tries them, this reads them."""

import pathlib

import pytest

from mutants import EVERY, changed

TESTS = pathlib.Path(__file__).parent


@pytest.mark.parametrize("subject", EVERY, ids=lambda each: each.file)
def test_each_change_is_of_a_text_that_is_there_once(subject):
    """The file compiles with the change too, and the tests that must notice it exist."""
    text = (TESTS.parent / subject.file).read_text(encoding="utf-8")
    for old, new in subject.changes:
        compile(changed(text, old, new), subject.file, "exec")
    for name in subject.tests.split():
        assert (TESTS / name).is_file()


def test_there_are_sixty_changes_and_none_is_there_twice():
    changes = [(each.file, *change) for each in EVERY for change in each.changes]
    assert len(set(changes)) == len(changes) >= 60
    assert all(old != new for _, old, new in changes)


def test_a_text_that_is_there_twice_or_not_at_all_is_refused():
    for text, count in (("x + x", 2), ("y", 0)):
        with pytest.raises(ValueError, match=f"'x' is there {count} times, not once"):
            changed(text, "x", "z")
