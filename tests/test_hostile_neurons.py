from collections import Counter

import numpy as np
import pytest

import doya
import hostile_neurons


def test_hostile_neurons_have_the_equilibria_of_40_digits():
    """300 of those that `python tests/hostile_neurons.py 1000000` checks."""
    seen, bad = hostile_neurons.check(seed=0, count=300)
    assert not bad
    assert sum(seen.values()) == 300


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"count": 2}, "count"),
        ({"z": np.array([-1.775, 0.0, 1.776])}, "root"),
        ({"flow": np.array([True, True, True])}, "stable"),
        ({"map": np.array([True, False, False])}, "stable as a map"),
    ],
)
def test_the_check_finds_a_seeded_fault(change, fault):
    """In the answer for w = 5, b = -2.5."""
    found = doya.equilibria(doya.NeuronMap(5.0, -2.5, epsilon=0.5))
    right = {"count": 3, "z": found.z, "flow": found.stable, "map": found.stable}
    given = (5.0, -2.5, 0.5, 0.0, False)
    assert not hostile_neurons.faults(*given, right)
    assert fault in Counter(hostile_neurons.faults(*given, right | change))
