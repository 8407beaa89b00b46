import copy
import math
import pickle
import typing
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import doya
from doya.inputs import in_pieces

times = st.floats(0.0, 40.0)
amplitudes = st.floats(-2.0, 2.0)
pulses = st.lists(st.tuples(times, times, amplitudes).filter(lambda p: p[0] < p[1]), max_size=5)


@given(pulses=pulses, at=st.lists(times, min_size=1, max_size=20))
def test_pulses_are_the_sum_of_those_that_are_on(pulses, at):
    """u(t) adds up the amplitudes with start <= t < stop."""
    pieces = in_pieces(doya.Pulses(pulses), False, 40.0)
    at = np.sort(at)
    expected = [sum(a for start, stop, a in pulses if start <= t < stop) for t in at]
    assert pieces.at(at) == pytest.approx(expected, abs=1e-12)


@given(pulses=pulses, steps=st.integers(0, 40))
def test_a_step_of_the_map_sees_the_pulse_at_its_own_time(pulses, steps):
    """u[t] = u(t) at whole t, wherever pulses start and stop."""
    pieces = in_pieces(doya.Pulses(pulses), True, float(steps))
    at = np.arange(float(steps))
    expected = [sum(a for start, stop, a in pulses if start <= t < stop) for t in at]
    assert pieces.at(at) == pytest.approx(expected, abs=1e-12)
    assert (pieces.start == np.floor(pieces.start)).all()


def test_a_table_is_0_before_its_first_time_and_keeps_its_last_value():
    pieces = in_pieces(doya.Table([2.0, 5.0], [[0.5, 0.25], [1.0, -1.0]]), False, math.inf)
    np.testing.assert_array_equal(
        pieces.at(np.array([0.0, 2.0, 4.9, 5.0, 1e9])),
        [[0.0, 0.5, 0.5, 0.25, 0.25], [0.0, 1.0, 1.0, -1.0, -1.0]],
    )


def test_a_jump_at_the_very_end_does_not_count():
    """x(20) is made by the input before, so the loss has the wall of none: at b = -2.5 exactly."""
    u = doya.Table([0.0, 20.0], [0.0, 1.0])
    between = {"b": [-3.0, -2.0]}
    (wall,) = doya.loss_landscape(doya.NeuronODE(5.0), between, 0.5, 20.0, 0.855, u).walls
    (alone,) = doya.loss_landscape(doya.NeuronODE(5.0), between, 0.5, 20.0, 0.855).walls
    assert wall.values["b"].tolist() == [-2.5]
    assert (wall.below, wall.above) == (alone.below, alone.above)


def test_a_pulse_may_last_for_ever():
    pieces = in_pieces(doya.Pulses([(3.0, math.inf, 0.5)]), False, math.inf)
    np.testing.assert_array_equal(pieces.at(np.array([0.0, 3.0, 1e300])), [0.0, 0.5, 0.5])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: doya.Pulses([(3.0, 2.0, 1.0)]), "0 <= start < stop, got start 3.0 and stop 2.0"),
        (lambda: doya.Pulses([(-1.0, 2.0, 1.0)]), "0 <= start < stop, got start -1.0"),
        (lambda: doya.Pulses([(math.nan, 2.0, 1.0)]), "0 <= start < stop, got start nan"),
        (lambda: doya.Pulses([(1.0, 2.0)]), r"\(start, stop, amplitude\), got \(1.0, 2.0\)"),
        (lambda: doya.Pulses([(1.0, 2.0, "much")]), "amplitude must be a number"),
        (lambda: doya.Pulses(5), "a list of .start, stop, amplitude., got 5"),
        (lambda: doya.Table([1.0, 1.0], [0.0, 1.0]), "time must be finite, ascending"),
        (lambda: doya.Table([-1.0], [0.0]), "at least 0"),
        (
            lambda: doya.Table([0.0, 1.0], [0.0]),
            r"value of shape \(1,\) and a time of shape \(2,\)",
        ),
        (
            lambda: in_pieces([0.1, 0.2], True, 3.0),
            "3 values, one for each step of the map, got 2",
        ),
        (lambda: in_pieces("loud", False, 3.0), "u must be a number or an array of numbers"),
    ],
)
def test_inputs_that_make_no_sense_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    "pulses",
    [
        [(5, 8, 0.5), (25.0, 28.0, -0.5)],
        [[5.0, 8.0, 0.5], [25.0, 28.0, -0.5]],
        ((5.0, 8.0, 0.5), (25.0, 28.0, -0.5)),
        np.array([[5.0, 8.0, 0.5], [25.0, 28.0, -0.5]]),
        (pulse for pulse in [(5.0, 8.0, 0.5), (25.0, 28.0, -0.5)]),
    ],
    ids=["list of tuples", "list of lists", "tuples", "array", "generator"],
)
def test_any_sequence_of_triples_makes_pulses(pulses):
    """And its type says so, while what is kept are tuples."""
    assert doya.Pulses(pulses).pulses == ((5.0, 8.0, 0.5), (25.0, 28.0, -0.5))
    hints = typing.get_type_hints(doya.Pulses.__init__)
    assert hints["pulses"] == Iterable[Sequence[typing.Any]]


def test_pulses_compare_by_their_numbers_and_equal_ones_have_one_hash():
    """Also with arrays of amplitudes, in lists, arrays or as numpy's numbers."""
    rows = np.array([0.5, 1.0])
    one = doya.Pulses([(1.0, 2.0, rows), (3, 4, 0.25)])
    same = doya.Pulses([(1, 2, [0.5, 1]), (3.0, 4.0, np.float64(0.25))])
    assert (one == same) is True
    assert hash(one) == hash(same)
    assert len({one, same}) == 1
    for pulses in (
        [(1.0, 2.0, [0.5, 2.0]), (3.0, 4.0, 0.25)],
        [(1.0, 2.0, [0.5, 1.0])],
        [(1.0, 2.0, [[0.5, 1.0]]), (3.0, 4.0, 0.25)],
        [(1.0, 2.5, [0.5, 1.0]), (3.0, 4.0, 0.25)],
    ):
        assert (one == doya.Pulses(pulses)) is False
    assert one != "pulses"
    assert doya.Pulses([(1.0, 2.0, 0.0)]) == doya.Pulses([(1.0, 2.0, -0.0)])


def test_tables_compare_by_their_numbers_and_equal_ones_have_one_hash():
    """NaN equals NaN, and 0 equals -0; shapes count, and a table is no pulses."""
    one = doya.Table([0.0, 1.0], [[0.5, math.nan], [0.0, 1.0]])
    same = doya.Table([-0.0, 1], np.array([[0.5, -math.nan], [-0.0, 1.0]]))
    assert (one == same) is True
    assert hash(one) == hash(same)
    assert len({one, same}) == 1
    for other in (
        doya.Table([0.0, 1.0], [[0.5, 2.0], [0.0, 1.0]]),
        doya.Table([0.0, 2.0], [[0.5, math.nan], [0.0, 1.0]]),
        doya.Table([0.0, 1.0], [[[0.5, math.nan], [0.0, 1.0]]]),
        doya.Pulses([(0.0, 1.0, 0.5)]),
    ):
        assert (one == other) is False
    assert one != "table"
    assert doya.Pulses([(0.0, 1.0, math.nan)]) == doya.Pulses([(0.0, 1.0, math.nan)])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
@pytest.mark.parametrize(
    "made",
    [
        doya.Table([0.0, 1.0], [[0.5, math.nan], [0.0, 1.0]]),
        doya.Pulses([(1.0, 2.0, [0.5, 1.0]), (3.0, math.inf, 0.25)]),
        doya.SigmoidRNN([[1.0, 2.0], [0.5, -1.0]], [[1.0], [1.0]], 0.1, activation="tanh"),
        doya.SigmoidRNN([[1.0]]),
    ],
    ids=["table", "pulses", "network", "unit"],
)
def test_a_copy_is_equal_and_read_only(made, copied):
    """So that its hash cannot change either; derived values are no part of it."""
    getattr(made, "norm", None)  # kept once it is computed
    again = copied(made)
    assert again == made
    assert hash(again) == hash(made)
    arrays = [each for each in vars(again).values() if isinstance(each, np.ndarray)]
    arrays += [again.pulses[0][2]] if isinstance(made, doya.Pulses) else []
    assert arrays
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7.0


def test_results_under_equal_tables_are_equal():
    tables = [doya.Table([0.0, 2.0], [0.1, 0.2]) for _ in range(2)]
    one, other = (doya.simulate(doya.NeuronODE(), 0.4, 5.0, u) for u in tables)
    assert one == other


def test_pulses_keep_their_amplitudes_when_the_callers_array_changes():
    """A hash must not change."""
    rows = np.array([0.5, 1.0])
    pulses = doya.Pulses([(1.0, 2.0, rows)])
    before = hash(pulses)
    rows[0] = 7.0
    assert hash(pulses) == before
    assert pulses == doya.Pulses([(1.0, 2.0, [0.5, 1.0])])
    np.testing.assert_array_equal(pulses.table().value[:, 0], [0.5, 1.0])
