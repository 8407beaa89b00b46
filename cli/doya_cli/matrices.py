"""W_rec: from a CSV or NPY file, or drawn at random, and multiplied."""

from __future__ import annotations

import math
import pathlib
import warnings
from typing import TYPE_CHECKING, Any

import click

from doya_cli.lines import check_separator, is_number, lines, readable

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALLOWED = (
    "a square matrix of numbers from -1e100 to 1e100: a .npy file, or a .csv file with a line for"
    " each row, and commas or blanks between the numbers"
)
NO_ARRAY = "it is not an array of numbers as NumPy saves them"


def read_matrix(path: str) -> NDArray[Any]:
    """Return the square matrix in the file that --matrix names."""
    from doya.checks import checked

    readers = {".csv": _in_lines, ".npy": _in_binary}
    suffix = pathlib.PurePath(path).suffix.lower()
    try:
        if suffix not in readers:
            raise ValueError(f"it has {f'the suffix {suffix}' if suffix else 'no suffix'}")
        with readable("--matrix", path):
            matrix = readers[suffix](path)
        _check_square(matrix.shape)
        checked("an entry", matrix)
    except ValueError as error:
        words = str(error)
    else:
        return matrix
    raise click.BadParameter(f"{path!r}: {words}. Give {ALLOWED}.", param_hint="'--matrix'")


def _check_square(shape: tuple[int, ...]) -> None:
    if 0 in shape:
        raise ValueError("it holds no numbers")
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ValueError(f"it is {' x '.join(map(str, shape)) or 'a single number'}")


def _in_lines(path: str) -> NDArray[Any]:
    """Return numbers that have commas or blanks between them."""
    import numpy as np

    rows: list[list[float]] = []
    found = list(lines(path))
    check_separator(found, {";": "semicolons"})
    for line, parts in found:
        cells = parts if len(parts) > 1 else parts[0].split()
        for cell in cells:
            if not is_number(cell):
                raise ValueError(f"{cell!r} in line {line} is not a number")
        if rows and len(cells) != len(rows[0]):
            raise ValueError(
                f"line {line} has length {len(cells)}, but the first row has length {len(rows[0])}"
            )
        rows.append([float(cell) for cell in cells])
    return np.array(rows)


def _in_binary(path: str) -> NDArray[Any]:
    """Return the array; refuse one too large by its header, and objects, which could run code."""
    import numpy as np
    from numpy.lib import format as npy

    from doya.memory import require_memory

    # Version 3 is of records alone.
    headers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    with open(path, "rb") as file:
        try:
            with warnings.catch_warnings(action="ignore"):
                shape, is_fortran, kind = headers[npy.read_magic(file)](file)
        except Exception:  # parsed as Python, what is no header fails in many ways
            raise ValueError(NO_ARRAY) from None
        if kind.kind not in "buif":
            raise ValueError(f"its entries are of type {kind}")
        _check_square(shape)
        require_memory("the matrix", shape, 3)
        entries = np.fromfile(file, kind, count=math.prod(shape))
    try:
        matrix = entries.reshape(shape, order="F" if is_fortran else "C")
    except ValueError:  # too few
        raise ValueError(NO_ARRAY) from None
    with np.errstate(over="ignore"):  # of long doubles; infinite entries are refused
        return matrix.astype(np.float64)


def drawn(weights: str, units: int, random: Any) -> NDArray[Any]:
    """Return standard normal numbers, or the initial weights of a scheme."""
    import doya

    if weights == "normal":
        matrix: NDArray[Any] = random.standard_normal((units, units))
        return matrix
    return doya.initial_weights(weights, (units, units), random)


def multiplied(matrix: NDArray[Any], factor: float | None, activation: str) -> NDArray[Any]:
    """Scale the matrix so that its norm times the steepest slope is the factor."""
    import numpy as np

    import doya

    if factor is None:
        return matrix
    largest = np.abs(matrix).max()
    if not largest:
        raise click.UsageError("--factor cannot scale W_rec, because all its entries are 0.")
    shape: NDArray[Any] = matrix / largest
    return shape * (factor / doya.SigmoidRNN(shape, activation=activation).factor)
