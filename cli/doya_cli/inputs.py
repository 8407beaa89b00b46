"""Inputs: pulses, a number, or a CSV file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from doya_cli.lines import check_separator, is_number, lines, readable
from doya_cli.usage import notice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from doya import Table


def driven_by(
    pulses: Any, u: float | str | None, is_map: bool, ramp: tuple[float, ...] | None = None
) -> Any:
    """Return the input that --pulse, --ramp or --input define."""
    import doya

    if ramp:
        return doya.Ramp(*ramp)
    if pulses:
        return doya.Pulses(pulses)
    if not isinstance(u, str):
        return u
    driven = read_input(u, is_map)
    if isinstance(driven, doya.Table):
        _notice_unread(u, driven.time, is_map)
    return driven


def _notice_unread(path: str, time: NDArray[Any], is_map: bool) -> None:
    """Notice rows of the file that no state depends on."""
    import numpy as np

    end = np.max(click.get_current_context().params["t_end"])
    read = np.ceil(time) if is_map else time
    is_late = (read >= end) & (time != end)
    late, between = is_late.sum(), (np.diff(read[~is_late]) == 0.0).sum()
    for count, reason in (
        (between, "the map reads the input at whole steps only"),
        (late, f"the run ends at T = {end:g}"),
    ):
        if count:
            verb = "has" if count == 1 else "have"
            notice(f"{count} of {time.size} rows of {path!r} {verb} no effect: {reason}.")


def read_input(path: str, is_map: bool) -> Table | NDArray[Any]:
    """Return the input in a CSV file: columns t and u, for the map also u alone."""
    import numpy as np

    import doya
    from doya.checks import checked

    def wrong(where: str, words: str) -> click.BadParameter:
        return click.BadParameter(f"{path!r}{where}: {words}.", param_hint="'--input'")

    try:
        with readable("--input", path):
            rows = list(lines(path))
        check_separator(rows, {";": "semicolons", "\t": "tabs", " ": "blanks"})
    except ValueError as error:
        raise wrong("", str(error)) from None
    header = [] if not rows or any(map(is_number, rows[0][1])) else rows.pop(0)[1]
    if not rows:
        raise wrong("", "the file holds no numbers")
    width = len(header or rows[0][1])
    if {"x0", "t", "u"} <= {*header}:  # of several starts under one input, one after another
        place = header.index("x0")
        rows = [row for row in rows if row[1][place:][:1] == rows[0][1][place:][:1]]
    # Data of doya itself has more columns; by their names they will do.
    chosen = [header.index(name) for name in ("t", "u") if name in header and "u" in header]
    chosen = chosen or list(range(width))
    if len(chosen) not in ((1, 2) if is_map else (2,)):
        needed = "t and u, or u alone" if is_map else "t and u"
        raise wrong("", f"the columns must be {needed}, got {width} column{'s' * (width > 1)}")

    values: list[list[float]] = []
    for line, cells in rows:
        where = f", line {line}"
        if len(cells) != width:
            raise wrong(where, f"the columns number {len(cells)}, but {width} in the first line")
        for cell in (cells[k] for k in chosen):
            if not is_number(cell):
                raise wrong(where, f"{cell!r} is not a number")
        *time, u = (float(cells[k]) for k in chosen)
        try:
            checked("u", u)
        except ValueError as error:
            raise wrong(where, str(error)) from None
        if time and not 0.0 <= time[0] < math.inf:
            raise wrong(where, f"t must be finite and at least 0, got {time[0]}")
        if time and values and not values[-1][0] < time[0]:
            raise wrong(
                where, f"t must increase from line to line, got {time[0]} after {values[-1][0]}"
            )
        values.append([*time, u])
    columns = np.array(values).T
    return columns[0] if len(chosen) == 1 else doya.Table(*columns)
