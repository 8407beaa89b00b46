"""The kinds of arguments that kernels and their parts take.

Rows are lists when interpreted and contiguous arrays when compiled; `compilation` reads numba's
types from a kernel's annotations.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Row: TypeAlias = list[float] | NDArray[np.float64]
IntRow: TypeAlias = list[int] | NDArray[np.int64]
Rows: TypeAlias = list[list[float]] | NDArray[np.float64]
IntRows: TypeAlias = list[list[int]] | NDArray[np.int64]
Flags: TypeAlias = list[list[bool]] | NDArray[np.bool_]
Stack: TypeAlias = list[list[list[float]]] | NDArray[np.float64]
# A number as the sum of two: the nearest double, and the rest.
Pair: TypeAlias = tuple[float, float]
