"""The kinds of rows that kernels take: lists when interpreted, contiguous arrays when compiled.

`compilation` reads them off a kernel's annotations, as numba's types.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = list[float] | NDArray[np.float64]
Counts: TypeAlias = list[int] | NDArray[np.int64]
Rows: TypeAlias = list[list[float]] | NDArray[np.float64]
Places: TypeAlias = list[list[int]] | NDArray[np.int64]
Stack: TypeAlias = list[list[list[float]]] | NDArray[np.float64]
