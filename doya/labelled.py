"""Results as labelled arrays of xarray and as tables of pandas.

An array of a result has the axes of the ensemble first, then its own, whose names are in ALONG.  An
axis of the ensemble has the name of the parameter that varies along it; where several do, or none,
it is axis_0, axis_1 and so on.  Along an author's letters Doya's parameters, x0 and T are
coordinates where they differ; the axes of lists of x0 and T are then called start and time, and are
the author's state and time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from doya.extras import needed
from doya.statuses import Status

# In ALONG, the axis or axes whose names the result holds.
OVER, AXES = "over", "axes"
# The same, of x0 and t_end where these are lists.
LISTS, LISTED = "lists", ("x0", "t_end")
# Type of a status in every kind of file, as in the stores of sweeps.
STATUS = np.int8


def _each(*names: str, along: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(names, along)


PRODUCTS = {
    "log10_singular_values": ("k", "singular_value"),
    "log10_bound": ("k",),
    "states": ("step", "unit"),
}
# The own axes of the arrays of each kind of result, by field.
ALONG: dict[str, dict[str, tuple[str, ...]]] = {
    "Attractors": {"x": ("visit",), "sample": ("sample",)},
    "Backpropagation": {
        "log10_norm": ("term",),
        "log10_adjoint": ("k",),
        "states": ("step", "unit"),
        "target": ("unit",),
    },
    "BifurcationCurve": _each("w", "b", "x", "letters", along=("point",)),
    "Branch": _each("value", "x", "eigenvalue", "state", along=("point",)),
    "ChainProduct": _each("state", "log10_abs", "sign", along=("k",)),
    "Cycle": {"x": ("visit",), "state": ("visit",)},
    "CycleBifurcation": {"x": ("visit",), "state": ("visit",)},
    "DeepProducts": {"log10_norm": ("network", "k")},
    "Equilibria": _each("x", "z", "eigenvalue", "stable", "state", along=("equilibrium",)),
    "InitialisationMap": _each(
        *("final", "loss", "largest_gradient", "steps_taken", "outcome", "status"), along=(AXES,)
    ),
    "JacobianProducts": PRODUCTS,
    "Landscape": _each("loss", "x", "state", "gradient", "hessian", "status", along=(AXES,)),
    "LossCurve": _each("loss", "x", "state", "gradient", along=(OVER,)),
    "MatrixProducts": PRODUCTS,
    "MapAttractors": _each("period", "exponent", "error", along=("attractor",)),
    "OrbitDiagram": {
        "x": ("row", OVER, "visit"),
        "state": ("row", OVER, "visit"),
        **_each("period", "lyapunov", "lyapunov_error", "new", along=("row", OVER)),
    },
    "Region": _each("w", "b", along=("point",)),
    "Search": _each("losses", "best", "trials", along=("trial",)),
    "Sensitivity": _each("sign", "second", "second_sign", "second_log10_abs", along=()),
    "SensitivityProfile": _each(
        *("x", "state", "derivative", "sign", "log10_abs", "finite_difference", "settled"),
        along=(LISTS, OVER),
    ),
    "TaskGradient": {"sign": ()},
    "Training": _each(
        *("parameters", "loss", "free_loss", "gradient", "gradient_norm", "clipped"),
        along=("step",),
    ),
    "Trajectory": _each("x", "u", "state", along=("t",)),
    "Wall": _each("values", "below", "above", "size", along=("point",)),
}
# Fields that list records: the name of a record's number, and of the axis that they share.
RECORDS = {
    "BifurcationCurves": (
        ("curves", "curve", "point"),
        ("special_points", "special", "special_point"),
    ),
    "BifurcationDiagram": (
        ("branches", "branch", "point"),
        ("special_points", "special", "special_point"),
    ),
    "ChainProducts": (("chains", "chain", "point"),),
}
# Arguments that an ensemble may have an array of, besides the neuron's parameters.
ARGUMENTS = (
    *("x0", "u", "t_end", "target", "level", "learning_rate", "clip", "clip_value", "momentum"),
    *("w", "b", "epsilon", "forget_bias"),
)
LONG_NAMES = {
    "x": "state",
    "t": "time",
    "u": "input",
    "z": "pre-activation w x + b",
    "w": "weight of the neuron onto itself",
    "b": "bias",
    "epsilon": "step of the map",
    "input_weight": "weight of the input",
    "x0": "state at the start",
    "t_end": "time T",
    "start": "the author's state at the start",
    "time": "the author's time T",
    "nfev": "number of evaluations",
    "log10_abs": "decimal logarithm of the size of the derivative",
    "k": "number of factors",
}


def dataset_of(result: Any) -> Any:
    """Return the arrays of a result as an xarray.Dataset."""
    xarray = needed("xarray", "to_xarray")
    variables, indices = _variables(result)
    shape = np.broadcast_shapes(*(values.shape[: values.ndim - len(own)]
                                  for own, values in variables.values()))  # fmt: skip
    names, coordinates = _ensemble(result, shape, indices)
    arrays = {}
    for name, (own, values) in variables.items():
        lead = values.ndim - len(own)
        whole = np.broadcast_to(values, (*shape, *values.shape[lead:])) if lead else values
        arrays[name] = ((*names[len(names) * (lead == 0) :], *own), whole, _about(result, name))
    for name, values in indices.items():
        coordinates[name] = ((name,), values)
    coordinates = {name: each for name, each in coordinates.items() if name not in arrays}
    dataset = xarray.Dataset(arrays, coordinates, attrs=_attributes(result))
    for name in coordinates:
        dataset[name].attrs.update(_about(result, name))
    return dataset


def frame_of(result: Any) -> Any:
    """Return a result as a pandas.DataFrame, one row for each cell of its arrays."""
    pandas = needed("pandas", "to_pandas")
    dataset = result.to_xarray()
    first = next((each.dims for each in dataset.data_vars.values() if each.dims), ())
    names = [name for name, each in dataset.data_vars.items() if {*each.dims} <= {*first}]
    if first:
        frame = dataset[names].to_dataframe(dim_order=list(first))
    else:
        frame = pandas.DataFrame({name: [each.item()] for name, each in dataset.variables.items()})
    frame.attrs.update(dataset.attrs)
    return frame


def _along(result: Any) -> dict[str, tuple[str, ...]]:
    """Return the own axes of the fields; an author's state is there with a conversion only."""
    found = ALONG.get(type(result).__name__, {})
    plain = getattr(result, "conversion", None) is None and type(result).__name__ != "ChainProduct"
    return {name: axes for name, axes in found.items() if not (name == "state" and plain)}


def _variables(result: Any) -> tuple[dict[str, tuple[tuple[str, ...], Any]], dict[str, Any]]:
    """Return arrays by name, each with its own axes, and the values along these axes."""
    if type(result).__name__ in RECORDS:
        return _of_records(result)
    own_axes, indices = _own_axes(result)
    found: dict[str, tuple[tuple[str, ...], Any]] = {}
    for name, value in _values(result):
        field = name.partition(":")[0]
        own = own_axes.get(field, ())
        array = np.asarray(value, dtype=STATUS if name == "status" else None)
        is_argument = field in ARGUMENTS and not own
        is_index = field in indices or (field == "value" and OVER in vars(result))
        if array.dtype.kind in "biuf" and not is_argument and not is_index:
            found[name.replace(":", "_")] = own, array
    for name, values in indices.items():
        indices[name] = np.asarray(values)
    return found, indices


def _values(result: Any) -> Iterator[tuple[str, Any]]:
    """Yield the numbers of a result: arrays, statuses and counts, those of dicts as name:key."""
    names = [name for name, _ in result._items()]
    for name in dict.fromkeys((*_along(result), *names)):
        try:
            value = getattr(result, name)
        except (AttributeError, ArithmeticError, ValueError):  # not every result has it
            continue
        if isinstance(value, Mapping) and name != AXES:
            for key, each in value.items():
                parts = key if isinstance(key, tuple) else (key,)
                if isinstance(each, (np.ndarray, np.floating)):
                    yield f"{name}:{'_'.join(parts)}", each
        elif isinstance(value, (np.ndarray, np.generic, Status)) or name in ("count", "nfev"):
            yield name, value


def _own_axes(result: Any) -> tuple[dict[str, tuple[str, ...]], dict[str, Any]]:
    """Return the names of each field's own axes, and the values along them."""
    swept = dict(getattr(result, AXES, {}))
    if hasattr(result, "value") and isinstance(getattr(result, OVER, None), str):
        swept[result.over] = result.value
    own, indices = {}, dict(swept)
    for name, axes in _along(result).items():
        expanded: list[str] = []
        for axis in axes:
            lists = dict(_lists(result, swept).values()) if axis == LISTS else {}
            indices |= lists
            expanded += {OVER: list(swept), AXES: list(swept), LISTS: list(lists)}.get(axis, [axis])
            if axis in ("t", "k") and hasattr(result, axis):
                indices[axis] = getattr(result, axis)
            elif axis == "row":
                indices[axis] = np.array(result.rows)
        own[name] = tuple(expanded)
    return own, indices


def _of_records(result: Any) -> tuple[dict[str, tuple[tuple[str, ...], Any]], dict[str, Any]]:
    """Return the arrays of records one after another, with the number of the record."""
    found: dict[str, tuple[tuple[str, ...], Any]] = {}
    for field, record, axis in RECORDS[type(result).__name__]:
        rows: dict[str, list[Any]] = {}
        records = getattr(result, field)
        for k, each in enumerate(records.values() if isinstance(records, Mapping) else records):
            # Not by vars, which also has what was computed and kept.
            names = [part.name for part in dataclasses.fields(each) if part.name[0] != "_"]
            parts = {name: getattr(each, name) for name in names}
            parts |= {name: getattr(each, name) for name in _along(each)}
            kinds = (np.ndarray, str, bool, float)
            plain = {name: part for name, part in parts.items() if isinstance(part, kinds)}
            length = max((np.size(part) for part in plain.values()), default=1)
            for name, part in {record: float(k + 1), **plain}.items():
                column = part if isinstance(part, np.ndarray) else np.full(length, part)
                rows.setdefault(name, []).append(column)
        prefix = "special_" if field == "special_points" else ""
        for name, columns in rows.items():
            whole = np.concatenate(columns)
            whole = whole.astype(np.int64) if name == record else whole
            found[name if name == record else f"{prefix}{name}"] = (axis,), whole
    return found, {}


def _ensemble(
    result: Any, shape: Sequence[int], indices: Mapping[str, Any]
) -> tuple[list[str], dict[str, Any]]:
    """Return the names of the axes of the ensemble, and coordinates: its parameters."""
    neuron = getattr(result, "neuron", None)
    given = dict(neuron.parameters) if neuron is not None else {}
    given |= {name: getattr(result, name) for name in ARGUMENTS if hasattr(result, name)}
    moved = _moved_by_letters(result, indices)
    varying = _varying(result) - {*indices}
    swept = {*indices, *moved}
    arrays = {
        name: np.asarray(value)
        for name, value in given.items()
        if _is_number(value) and name not in swept and _fits(name, value, shape, neuron)
    }
    along = {name: _axes_of(each, len(shape)) for name, each in arrays.items()}
    names = []
    for k in range(len(shape)):
        alone = [name for name, axes in along.items() if k in axes]
        is_own = len(alone) == 1 and along[alone[0]] == [k]
        names.append(alone[0] if is_own else f"axis_{k}")
    coordinates: dict[str, Any] = {
        name: (tuple(names[k] for k in along[name]), each.squeeze())
        for name, each in arrays.items()
    }
    numbers = {name: each for name, each in result._items() if isinstance(each, float)}
    constants = {
        name: each
        for name, each in {**numbers, **coordinates}.items()
        if name not in varying or along.get(name)
    }
    return names, {**constants, **moved}


def _varying(result: Any) -> set[str]:
    """Return what is learned, searched or along a branch, and Doya's parameters that it moves.

    Where these differ in an ensemble they label its neurons; they are no constants of one.
    """
    names = {*getattr(result, "bounds", {}), *(getattr(result, "learn", None) or ())}
    if isinstance(over := getattr(result, OVER, None), str):
        names.add(over)
    conversion = getattr(result, "conversion", None)
    return names | (conversion._moved_by(names) if conversion is not None else set())


def _lists(result: Any, swept: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return the axes of x0 and T where these are lists: their names and values.

    They are the author's where a swept letter moves Doya's.
    """
    found = {name: (name, getattr(result, name, 0.0)) for name in LISTED}
    conversion: Any = getattr(result, "conversion", None)
    moved = conversion._moved_by(swept) if conversion is not None else ()
    if "x0" in moved:
        found["x0"] = "start", result.start
    if "t_end" in moved:
        found["t_end"] = "time", conversion.from_time(result.t_end)
    return {name: each for name, each in found.items() if np.ndim(each[1])}


def _moved_by_letters(
    result: Any, indices: Mapping[str, Any]
) -> dict[str, tuple[tuple[str, ...], Any]]:
    """Return Doya's parameters, x0 and T where they differ along letters, each with its axes."""
    conversion: Any = getattr(result, "conversion", None)
    letters = (
        [] if conversion is None else [each for each in indices if each in conversion.parameters]
    )
    if not letters:
        return {}
    axes = [each for each in ("start", "time", *letters) if each in indices]
    mesh = dict(zip(axes, np.ix_(*(np.asarray(indices[each]) for each in axes)), strict=True))
    start, time = (mesh.pop(name, None) for name in ("start", "time"))
    if start is None:
        start = getattr(result, "start", None)
    if time is None and isinstance(end := getattr(result, "t_end", None), (int, float)):
        time = conversion.from_time(end)
    found = {}
    for name, value in conversion._doya_at(mesh, start, time).items():
        array = np.asarray(value)
        whole = array.reshape((1,) * (len(axes) - array.ndim) + array.shape)
        own = [k for k in range(whole.ndim) if np.any(whole != whole.take([0], axis=k))]
        if name not in indices and own:
            one = tuple(slice(None) if k in own else 0 for k in range(whole.ndim))
            found[name] = tuple(axes[k] for k in own), whole[one]
    return found


def _fits(name: str, value: Any, shape: Sequence[int], neuron: Any) -> bool:
    """Return whether an argument broadcasts to the ensemble; the map's inputs are along time."""
    if name == "u" and np.ndim(value) and neuron is not None and neuron.dynamics == "map":
        return False
    own = np.shape(value)
    return len(own) <= len(shape) and all(
        n in (1, m) for n, m in zip(own[::-1], tuple(shape)[::-1], strict=False)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (float, np.ndarray, np.number)) or type(value) is int


def _axes_of(array: Any, count: int) -> list[int]:
    """Return the axes of the ensemble along which an array has several values."""
    return [count - array.ndim + k for k, length in enumerate(array.shape) if length != 1]


def _about(result: Any, name: str) -> dict[str, Any]:
    """Return the attributes of a variable, in the words of the CF conventions."""
    long_name = LONG_NAMES.get(name, name.replace("_", " "))
    about: dict[str, Any] = {"long_name": long_name, "units": "1"}
    family = result._family if name == "status" else None
    if family is not None:
        about["flag_values"] = np.array([int(status) for status in family], dtype=STATUS)
        about["flag_meanings"] = " ".join(status.name.lower() for status in family)
    return about


def _attributes(result: Any) -> dict[str, Any]:
    """Return the attributes of the dataset: what it is, and the settings that are no numbers."""
    import doya

    words = {
        name: each
        for name, each in result._items()
        if isinstance(each, (str, bool)) and name != "verdict"
    }
    neuron = getattr(result, "neuron", None)
    # An author's letters are in no other place of the dataset.
    whose = getattr(result, "conversion", None) or neuron
    of = f" of {' '.join(str(whose).split())}" if whose is not None else ""
    return {
        "Conventions": "CF-1.11",
        "title": f"{type(result).__name__}{of}",
        "source": f"doya {doya.__version__}",
        "history": f"made by doya {doya.__version__}",
        **{name: int(each) if isinstance(each, bool) else each for name, each in words.items()},
        **(
            {"dynamics": neuron.dynamics, "input_to": neuron.input_to} if neuron is not None else {}
        ),
    }
