"""Random neurons of every author, and the check of their bifurcations along a letter.

`python tests/lines_of_letters.py 300` checks 300 lines of each author and letter: no fold or flip
is missing and none is there twice, against a dense scan in 40 digits.
"""

from __future__ import annotations

import math
import sys
from collections import Counter

import numpy as np
from mpmath import mpf

import doya
import letters_oracle
from authors import FROM

# Points of such a size lie beyond the scan.
LARGE = 1e12


def drawn(author, rng):
    """Random letters, of both signs where there are two, with folds and flips in reach."""

    def signed(scale):
        return float(rng.normal() * scale)

    def positive():
        return float(10.0 ** rng.uniform(-1.5, 0.5))

    kept, scale = float(rng.choice([0.0, rng.random()])), positive()
    return {
        "pascanu": lambda: {"w": signed(15.0), "b": signed(5.0)},
        "pasemann": lambda: {"gamma": kept, "theta": signed(3.0), "w": signed(8.0)},
        "aihara": lambda: {
            "k": kept, "alpha": scale, "a": scale * (0.5 + signed(0.4)),
            "epsilon": scale * 0.1 * positive(),
        },
        "beer": lambda: {
            "w": signed(12.0), "theta": signed(4.0), "input": signed(3.0), "tau": positive(),
        },
        "wilson-cowan": lambda: {
            "w": signed(12.0) / scale, "theta": signed(2.0), "a": scale, "input": signed(0.7),
            "tau": positive(),
        },
        "tanh": lambda: {
            "w": signed(4.0), "h": signed(0.5),
            "epsilon": float(rng.choice([1.0, rng.uniform(0.2, 1.0)])),
        },
        "tanh-flow": lambda: {"w": signed(4.0), "h": signed(0.5), "tau": positive()},
    }[author]()  # fmt: skip


def check(author, letter, letters, seen):
    """Compare the points of one line with the scan."""
    conversion = FROM[author](**letters)
    least, most = {"k": (0.0, 1.0), "gamma": (0.0, 1.0), "alpha": (0.0, LARGE)}.get(
        letter, (1e-12 if author == "aihara" and letter == "epsilon" else -LARGE, LARGE)
    )
    truth = letters_oracle.points(author, letter, letters, least, most)
    found = sorted(
        (
            (point.kind, point.value, point.state)
            for point in doya.bifurcation_points(conversion, letter)
            if least <= point.value <= most
            # The scan ends at abs(z) = 40.
            and abs(math.log(point.x / (1.0 - point.x)) if 0 < point.x < 1 else 99.0) < 36.0
        ),
        key=lambda each: (each[1], each[0]),
    )
    assert [each[0] for each in found] == [each[0] for each in truth], (author, letter, letters)
    for (_, value, state), (_, exact, there) in zip(found, truth, strict=True):
        assert abs(mpf(value) - exact) <= 1e-13 * abs(exact), (author, letter, letters)
        slack = 1e-13 * (1 + abs(there) + abs(mpf(letters.get("theta", 0.0))))
        assert abs(mpf(state) - there) <= slack, (author, letter, letters)
    seen[author, letter] += len(truth)


def run(lines, seed):
    """Check random lines of each author and letter; return the number of points of each."""
    rng, seen = np.random.default_rng(seed), Counter()
    for author, letters in letters_oracle.LETTERS.items():
        for letter in letters:
            for _ in range(lines):
                check(author, letter, drawn(author, rng), seen)
    return seen


if __name__ == "__main__":
    for line, count in run(int(sys.argv[1]), seed=1).items():
        print(*line, count)
