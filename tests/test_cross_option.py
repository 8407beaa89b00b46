"""doya simulate --cross: when each trajectory first reaches each level."""

import pytest

from promises import made_again, refused
from shell import answer, doya_


def test_json_lists_a_crossing_for_each_start_and_level():
    """With the values of a quadrature in 40 digits; null where the level is never reached."""
    result = answer("simulate --b -2.3 --x0 0.1 --x0 0.2 --cross 0.5 --cross 0.95 --json")["result"]
    found = result["crossings"]
    assert [(each["x0"], each["level"]) for each in found] == [
        (0.1, 0.5), (0.1, 0.95), (0.2, 0.5), (0.2, 0.95),
    ]  # fmt: skip
    assert found[0]["t"] == pytest.approx(23.5368608747849815, rel=1e-14)
    assert found[0]["dt_db"] == pytest.approx(-351.154602698824168, rel=1e-12)
    assert [found[1][name] for name in ("t", "dt_dx0", "dt_dlevel", "dt_db", "dt_dw")] == [None] * 5


def test_the_table_shows_never_where_the_level_is_not_reached(here):
    text = doya_("simulate --b -2.3 --x0 0.1 --cross 0.5 --cross 0.95 -o states.csv").stdout
    lines = [line.split() for line in text.splitlines()]
    assert ["x0", "level", "first", "at", "t", "dt/dx0", "dt/dlevel", "dt/db", "dt/dw"] in lines
    assert lines[-1][:3] == ["0.1", "0.95", "never"]
    assert lines[-2][2] == "23.5369"


def test_the_map_counts_steps_and_has_no_derivatives(here):
    """0.1, 0.2192, 0.2972, 0.3662, 0.4388, 0.5239: the fifth step, by a loop."""
    options = "--dynamics map --x0 0.1 --input 0.1 --t-end 2 --cross 0.5"
    assert answer(f"simulate {options} --json")["result"]["crossings"] == [
        {"x0": 0.1, "level": 0.5, "t": 5.0}
    ]


def test_without_the_option_nothing_is_listed():
    assert "crossings" not in answer("simulate --t-end 1 --json")["result"]


def test_a_file_holds_the_levels_among_its_parameters(here):
    made_again("simulate --x0 0.1 --cross 0.5 --cross 0.9 --t-end 3")


def test_a_level_that_is_no_number_is_refused(here):
    assert refused("simulate --cross high", ".*--cross.*")
