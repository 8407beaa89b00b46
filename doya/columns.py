"""Results as columns: arrays of one length by name, as in data files and in the explorer.

The author's state has a column if the neuron is a `Conversion`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:  # a command loads only its own subject
    from doya.bifurcations.curve_records import BifurcationCurves
    from doya.bifurcations.diagrams import BifurcationDiagram
    from doya.landscapes.landscape import Landscape
    from doya.orbits.diagrams import OrbitDiagram
    from doya.training.training import Training

Columns: TypeAlias = dict[str, Any]


def of_branches(diagram: BifurcationDiagram) -> Columns:
    """Return the points of all branches, one branch after the other."""
    branches = diagram.branches
    return {
        **_numbered("branch", branches),
        "stable": _repeated(branches, "stable"),
        diagram.over: _joined(branches, "value"),
        "x": _joined(branches, "x"),
        **({"state": _joined(branches, "state")} if diagram.conversion else {}),
        "eigenvalue": _joined(branches, "eigenvalue"),
    }


def of_curves(found: BifurcationCurves) -> Columns:
    """Return the points of all curves in a plane, one curve after the other."""
    curves = found.curves
    places = zip(*(curve.places for curve in curves), strict=True) if curves else [(), ()]
    return {
        **_numbered("curve", curves),
        "kind": _repeated(curves, "kind"),
        **{name: _concatenated(rows) for name, rows in zip(found.window, places, strict=True)},
        "x": _joined(curves, "x"),
        **({"state": _joined(curves, "state")} if found.conversion else {}),
    }


def of_landscape(found: Landscape) -> Columns:
    """Return the curve over one parameter; over two, a row for each cell, the last one fastest."""
    over_one = len(found.axes) == 1
    values: Any = found.curve if over_one else found
    cells = np.meshgrid(*found.axes.values(), indexing="ij")
    rows = dict(zip(found.axes, [values.value] if over_one else cells, strict=True))
    rows |= {"loss": values.loss} | ({} if values.x is None else {"x": values.x})
    rows |= {"state": values.state} if found.conversion and values.state is not None else {}
    rows |= {f"gradient_{name}": each for name, each in values.gradient.items()}
    return {name: each.ravel() for name, each in rows.items()}


def of_orbits(diagram: OrbitDiagram) -> Columns:
    """Return a row for each state: one round of a cycle, or all states of other orbits."""
    kept = diagram.x.shape[-1]
    count = np.where(diagram.period > 0, diagram.period, kept)
    shown = np.arange(kept) < count[..., np.newaxis]
    row, at, _ = np.nonzero(shown)
    return {
        diagram.over: diagram.value[at],
        "row": row + 1,
        "start": np.array(diagram.rows)[row],
        "period": diagram.period[row, at],
        "lyapunov": diagram.lyapunov[row, at],
        "lyapunov_error": diagram.lyapunov_error[row, at],
        "x": diagram.x[shown],
        **({"state": diagram.state[shown]} if diagram.conversion else {}),
    }


def of_training(path: Training) -> Columns:
    """Return a row for each step of one descent, from the start to the last step taken."""
    size = int(path.steps) + 1
    columns = {
        "step": np.arange(size),
        **path.parameters,
        "loss": path.loss,
        "free_loss": path.free_loss,
        **{f"gradient_{name}": each for name, each in path.gradient.items()},
        "gradient_norm": path.gradient_norm,
        "clipped": path.clipped,
    }
    return {name: each[:size] for name, each in columns.items()}


def _sizes(curves: Sequence[Any]) -> Any:
    return np.array([each.x.size for each in curves], dtype=np.int64)


def _numbered(name: str, curves: Sequence[Any]) -> Columns:
    """Return a column with the number of each point's curve, counted from 1."""
    return {name: np.repeat(np.arange(1, len(curves) + 1), _sizes(curves))}


def _repeated(curves: Sequence[Any], name: str) -> Any:
    """Return an attribute of each curve, for each of its points."""
    return np.repeat([getattr(each, name) for each in curves], _sizes(curves))


def _joined(curves: Sequence[Any], name: str) -> Any:
    return _concatenated([getattr(each, name) for each in curves])


def _concatenated(rows: Sequence[Any]) -> Any:
    return np.concatenate(rows) if rows else np.zeros(0)
