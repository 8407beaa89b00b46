"""Second derivatives of the ends of trajectories: the flow by formula, the map by steps.

Pieces in which the flow's input rises are gone through in steps, see `second_steps`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from doya.arrays import Floats
from doya.equilibria import solved
from doya.integrators.ensembles import Ensemble
from doya.integrators.formula import rule, shifted, spans
from doya.kernels.equilibria import solve
from doya.kernels.flow import formula, jet_panels, jets
from doya.kernels.flow import second_derivatives as flow_jets
from doya.kernels.flow.panels import ORDER
from doya.kernels.machinery.running import Call, Room, Work, run
from doya.kernels.map import second_derivatives as map_jets
from doya.scaled import Scaled
from doya.sensitivities import second_steps
from doya.sensitivities.both_orders import FLOW_PAIRS, Bent, Pair, pairs


def by_formula(group: Ensemble, end: Floats) -> dict[Pair, Scaled]:
    """Return the flow's second derivatives at one time, or at a time of each trajectory's own."""
    ends = np.broadcast_to(end, group.x0.shape)
    found = _room(FLOW_PAIRS, ends.size)

    def job(part: slice, call: Call) -> None:
        _put(found, part, _of_formula(group.part(part), ends[part], call).second)

    run(job, ends.size, work_of_formula(group), calls=group.start.size)
    return found


def by_iteration(group: Ensemble, steps: int, names: tuple[str, ...]) -> dict[Pair, Scaled]:
    """Return the map's second derivatives after a number of steps; `names` has 3 or 4."""
    lengths = np.diff(group.start, append=steps).astype(np.int64)
    every = pairs(names)
    found = _room(every, group.x0.size)

    def job(part: slice, call: Call) -> None:
        own = group.part(part)
        x = np.array(own.x0)
        by, shift = np.zeros((2, x.size, len(names)))
        second, scale = np.zeros((2, x.size, len(every)))
        call(
            map_jets.iterate_jets, own.w, own.b, own.epsilon, own.gain, own.u, own.inside,
            lengths, x, by, shift, second, scale, Room(map_jets.ROWS, len(names)),
        )  # fmt: skip
        _put(found, part, dict(zip(every, map(Scaled, second.T, scale.T), strict=True)))

    run(job, group.x0.size, {map_jets.iterate_jets: group.x0.size * max(steps, 1)})
    return found


def work_of_formula(group: Ensemble) -> Work:
    """Return the work of the flow's second derivatives."""
    return dict.fromkeys(
        (solve, formula.paths, flow_jets.jets_along), group.x0.size * group.start.size
    )


def _room(every: Iterable[Pair], size: int) -> dict[Pair, Scaled]:
    return {pair: Scaled.constant(0.0, size) for pair in every}


def _put(found: dict[Pair, Scaled], part: slice, values: dict[Pair, Scaled]) -> None:
    for pair, each in values.items():
        found[pair].put(part, each)


def _of_formula(group: Ensemble, end: Floats, call: Call) -> Bent:
    """Return the derivatives of a part of the trajectories, each at its own time."""
    done: Bent | None = None
    x, lost = group.x0, np.zeros(group.x0.size, dtype=np.bool_)
    for p, begin, stop in spans(group.start):
        local = np.clip(end - begin, 0.0, stop - begin)
        if group.rises(p):
            piece, x = second_steps.through(group, p, x, local)
            lost |= np.isnan(x)
            x = np.where(lost, 0.0, x)  # the formula needs a number
        else:
            piece, x = _piece(group, p, x, local, call)
        done = piece if done is None else done.then(piece)
    assert done is not None  # there is at least one piece
    return done.where(~lost) if lost.any() else done


def _piece(group: Ensemble, p: int, x: Floats, local: Floats, call: Call) -> tuple[Bent, Floats]:
    """Return the derivatives over one piece of the input, and the state at its end."""
    b, shift = shifted(group, p)
    neurons = b, shift, *solved(group.w, b, call)
    begin, end = x - shift, np.full(x.size, math.nan)
    call(formula.paths, group.w, b, *neurons[2:], begin, local, 1, end, rule())
    rows, factors = np.full((x.size, jets.PARTS), math.nan), np.zeros((x.size, 3))
    call(
        flow_jets.jets_along, group.w, *neurons, begin, local, end, rows, factors,
        Room(jet_panels.JET_ROWS, ORDER, first=jet_panels.JET_TABLES),
    )  # fmt: skip
    return _bent(rows, factors), np.where(local > 0.0, end + shift, x)


def _bent(rows: Floats, factors: Floats) -> Bent:
    """Return the derivatives from a kernel's jets and the logarithms of their factors."""
    log_gain, by_b, by_w, *growth = np.ascontiguousarray(rows[:, : jets.BB].T)
    first, of_growth, of_second = np.ascontiguousarray(factors.T)
    by = {"x0": Scaled(np.ones(log_gain.size), log_gain)}
    by |= {"b": Scaled(by_b, first), "w": Scaled(by_w, first)}
    second = {
        ("x0", name): Scaled(np.where(log_gain > -math.inf, value, 0.0), log_gain + of_growth)
        for name, value in zip(by, growth, strict=True)
    }
    for pair, k in ((("b", "b"), jets.BB), (("b", "w"), jets.BW), (("w", "w"), jets.WW)):
        second[pair] = Scaled(np.ascontiguousarray(rows[:, k]), of_second)
    return Bent(by, {pair: second[pair] for pair in FLOW_PAIRS})
